import random

import numpy as np
import pytest

from mmavl.datasets.transforms import CropAudioFeatures


def test_a_stretch_stays_where_it_is_and_the_rest_is_silent():
    features = np.arange(1, 21, dtype=np.float16).reshape(2, 5, 2)
    starts = set()
    for _ in range(50):
        cropped = CropAudioFeatures(share=0.6)({'audio_features': features})['audio_features']
        kept = np.flatnonzero(cropped.any((0, 2)))
        assert len(kept) == 3
        starts.add(int(kept[0]))
        np.testing.assert_array_equal(cropped[:, kept], features[:, kept])
    assert starts == {0, 1, 2}
    assert features.all()


def test_draws_nothing_while_there_are_no_features():
    state = random.getstate()
    assert CropAudioFeatures()({'waveform': 1}) == {'waveform': 1}
    assert random.getstate() == state


@pytest.mark.parametrize('share', [0, 1.5])
def test_a_share_that_is_none_is_refused(share):
    with pytest.raises(ValueError, match=f'share={share} must be above 0'):
        CropAudioFeatures(share=share)
