import numpy as np
import pytest

from mmavl.datasets.transforms import CropPadAudio


def results(length):
    return {'waveform': np.arange(length, dtype=np.float32), 'sample_rate': 10}


@pytest.mark.parametrize(('crop', 'first'), [('start', 0), ('centre', 10)])
def test_a_longer_waveform_is_cut(crop, first):
    wave = CropPadAudio(seconds=2, crop=crop)(results(40))['waveform']
    assert wave.tolist() == list(range(first, first + 20))


def test_random_crops_reach_both_ends():
    crop = CropPadAudio(seconds=2)
    waves = [crop(results(23))['waveform'] for _ in range(100)]
    assert {len(wave) for wave in waves} == {20}
    assert {wave[0] for wave in waves} == {0, 1, 2, 3}


@pytest.mark.parametrize(
    ('pad', 'expected'), [('zero', [0, 1, 2, 0, 0, 0, 0, 0]), ('repeat', [0, 1, 2, 0, 1, 2, 0, 1])]
)
def test_a_shorter_waveform_is_filled(pad, expected):
    wave = CropPadAudio(seconds=0.8, pad=pad)(results(3))['waveform']
    assert wave.dtype == np.float32
    assert wave.tolist() == expected


def test_a_waveform_of_that_length_stays():
    assert CropPadAudio(seconds=0.5)(results(5))['waveform'].tolist() == [0, 1, 2, 3, 4]


def test_without_a_waveform_nothing_happens():
    assert CropPadAudio(seconds=1)({'image': 1}) == {'image': 1}


@pytest.mark.parametrize('wrong', [{'pad': 'reflect'}, {'crop': 'end'}])
def test_an_unknown_rule_is_named(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong.values()))):
        CropPadAudio(seconds=1, **wrong)
