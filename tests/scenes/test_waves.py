import numpy as np
import pytest
import soundfile

from mmavl.scenes.waves import (
    SAMPLE_RATE,
    audible,
    fade,
    read_wave,
    without_silence,
)


def sine(frequency, seconds, rate=SAMPLE_RATE):
    return np.sin(2 * np.pi * frequency * np.arange(round(seconds * rate)) / rate)


def frequency_of(wave):
    return np.argmax(np.abs(np.fft.rfft(wave))) * SAMPLE_RATE / len(wave)


def test_stereo_of_another_rate_becomes_mono(tmp_path):
    stereo = np.stack([sine(440, 1, 44100), np.zeros(44100)], axis=1)
    soundfile.write(tmp_path / 'a.wav', stereo, 44100)
    wave = read_wave(str(tmp_path / 'a.wav'))
    assert len(wave) == SAMPLE_RATE
    assert np.abs(wave).max() == pytest.approx(0.5, abs=0.01)
    assert frequency_of(wave) == pytest.approx(440, abs=1)


def test_fades_start_and_end_at_nothing():
    wave = fade(np.ones(SAMPLE_RATE, np.float32))
    assert wave[0] == wave[-1] == 0
    assert wave[SAMPLE_RATE // 2] == 1
    assert wave[-round(0.075 * SAMPLE_RATE)] == pytest.approx(0.5, abs=0.01)


def test_silence_around_a_sound_is_cut():
    wave = np.concatenate([np.zeros(500), np.ones(300), np.zeros(200)])
    assert without_silence(wave).tolist() == [1] * 300


def test_audible_means_loud_and_long_enough():
    wave = sine(440, 2)
    half = np.where(np.arange(len(wave)) < 0.4 * len(wave), wave, 0)
    assert audible(wave)
    assert not audible(0.001 * wave)
    assert not audible(half)
