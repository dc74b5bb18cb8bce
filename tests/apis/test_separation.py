import base64
import io
import json
import re

import numpy as np
import pytest
import soundfile

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


def separated(**fields):
    loud, soft = np.full(8000, 2.0, np.float32), np.full(8000, 0.5, np.float32)
    given = {'sources': {'Horn': loud, 'a<b': soft}, 'audio_probs': {'Horn': 0.9}, **fields}
    return Separation('x', 4000, 4000, **given)


def test_a_result_is_a_short_line():
    assert repr(separated()) == '<Separation x: 2.0 s separated into Horn, a<b>'
    alone = separated(sources={'Horn': np.zeros(4000)}, whole=True)
    assert repr(alone).startswith('<Separation x: 1.0 s separated into Horn (only Horn was')
    assert repr(separated(sources={})) == '<Separation x: 0.0 s separated into no sources>'


def test_a_table_has_a_row_for_each_source():
    assert separated().rows() == [
        {'name': 'x', 'source': 'Horn', 'audio_prob': 0.9, 'seconds': 2.0, 'rms': 2.0},
        {'name': 'x', 'source': 'a<b', 'audio_prob': None, 'seconds': 2.0, 'rms': 0.5},
    ]


def test_a_notebook_plays_the_sources_with_one_gain_and_a_minute_at_most():
    html = separated()._repr_html_()
    assert '<td>a&lt;b</td>' in html
    sounds = re.findall(r'<audio controls src="data:audio/flac;base64,([^"]+)">', html)
    waves = [soundfile.read(io.BytesIO(base64.b64decode(sound))) for sound in sounds]
    assert [(len(wave), rate) for wave, rate in waves] == [(8000, 4000)] * 2
    assert [wave.max() for wave, _ in waves] == pytest.approx([1.0, 0.25], abs=1e-3)
    long = separated(sources={'a': np.zeros(4000 * 90, np.float32)})._repr_html_()
    (sound,) = re.findall(r'base64,([^"]+)">', long)
    assert soundfile.info(io.BytesIO(base64.b64decode(sound))).frames == 4000 * 60
    assert separated(sources={})._repr_html_().startswith('<table></table>')


def test_a_plot_has_the_waveform_of_each_source_on_one_scale():
    figure = separated().plot()
    assert [axes.get_title('left') for axes in figure.axes] == ['Horn', 'a<b']
    assert figure.axes[0].get_ylim() == figure.axes[1].get_ylim()
    times, wave = figure.axes[1].lines[0].get_data()
    assert (times[0], times[-1]) == (0.0, 7999 / 4000)
    assert set(wave.tolist()) == {0.5}
    assert len(separated(sources={}).plot().axes) == 1
