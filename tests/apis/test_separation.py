import json

import numpy as np

from mmavl.apis.clips import Clip
from mmavl.apis.separation import Separation

WAVE = np.zeros(441, np.float32)


def test_as_plain_data_it_names_rates_length_and_tags_best_first_without_waveforms():
    clip = Clip('a b', 'a b.jpg', 'a b.wav')
    audio_probs = {'Horn': 0.123456, 'Violin': 0.9}
    found = Separation(
        'a b', 44100, 11025, {'Violin': WAVE, 'Horn': WAVE}, audio_probs, clip
    ).to_dict()
    assert found == {
        'format': 'mmavl.separation/2',
        'name': 'a b',
        'source': {'image': 'a b.jpg', 'audio': 'a b.wav'},
        'sample_rate': 44100,
        'model_rate': 11025,
        'samples': 441,
        'tags': [{'label': 'Violin', 'audio_prob': 0.9}, {'label': 'Horn', 'audio_prob': 0.1235}],
    }
    assert json.loads(json.dumps(found)) == found


def test_without_sources_a_clip_and_a_localizer_there_is_nothing_to_name():
    found = Separation('x', 8000, 4000, {}, {}).to_dict()
    assert (found['source'], found['samples'], found['tags']) == ({}, 0, [])
