import numpy as np
import pytest

from mmavl.errors import DataError
from mmavl.scenes.banks import SoundBank
from mmavl.scenes.waves import SAMPLE_RATE


def tone(rng, seconds):
    time = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    return np.sin(2 * np.pi * 440 * time).astype(np.float32)


def silent(rng, seconds):
    return np.zeros(round(seconds * SAMPLE_RATE), np.float32)


def dies_away(rng, seconds):
    wave = tone(rng, seconds)
    wave[len(wave) // 4 :] = 0
    return wave


def test_silent_presets_and_phrases_that_die_away_are_drawn_again():
    bank = SoundBank({'Harp': {'a': [silent], 'b': [dies_away], 'c': [tone]}})
    for seed in range(10):
        wave, kind = bank.phrase('Harp', np.random.default_rng(seed), 2.0)
        assert kind == 'c'
        assert np.sqrt(np.mean(wave**2)) == pytest.approx(1, abs=1e-4)
        assert len(wave) == 2 * SAMPLE_RATE


def test_a_class_that_never_sounds_is_named():
    with pytest.raises(DataError, match=r"no audible phrase of Harp .* from \['a'\]"):
        SoundBank({'Harp': {'a': [silent]}}).phrase('Harp', np.random.default_rng(0), 2.0)
