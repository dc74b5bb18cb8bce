import numpy as np
import pytest

from mmavl.datasets.transforms import AudioGain


def test_decibels_are_those_of_amplitude():
    wave = np.array([0.5, -0.25], np.float32)
    louder = AudioGain((6.0206, 6.0206))({'waveform': wave})['waveform']
    assert louder.dtype == np.float32
    assert louder.tolist() == pytest.approx([1.0, -0.5], rel=1e-4)
    assert wave.tolist() == [0.5, -0.25]


def test_the_gain_is_drawn_from_the_whole_range():
    gain = AudioGain((-20, 20))
    one = np.ones(1, np.float32)
    decibels = [20 * np.log10(gain({'waveform': one})['waveform'][0]) for _ in range(200)]
    assert -20.001 <= min(decibels) < -12
    assert 12 < max(decibels) <= 20.001


def test_without_a_waveform_nothing_happens():
    assert AudioGain()({'image': 1}) == {'image': 1}
