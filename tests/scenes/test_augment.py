import numpy as np
import pytest

from mmavl.scenes.augment import (
    CODECS,
    at_snr,
    decaying_impulse,
    equalise,
    pink_noise,
    reverberate,
    rms,
    shift_pitch,
    through_codec,
)
from mmavl.scenes.waves import SAMPLE_RATE


def stream():
    return np.random.default_rng(0)


def sine(frequency, seconds=1.0):
    return 0.5 * np.sin(
        2 * np.pi * frequency * np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    )


def frequency_of(wave):
    return np.argmax(np.abs(np.fft.rfft(wave))) * SAMPLE_RATE / len(wave)


def test_an_impulse_response_of_two_clicks_is_an_echo():
    wave = np.zeros(1000)
    wave[10] = 1
    impulse = np.zeros(300)
    impulse[[20, 120]] = 4, 2  # silence first, as measured responses have it
    wet = reverberate(wave, impulse)
    assert np.flatnonzero(np.abs(wet) > 1e-6).tolist() == [10, 110]  # the direct sound stays
    assert wet[110] / wet[10] == pytest.approx(0.5)
    assert rms(wet) == pytest.approx(rms(wave))


def test_a_drawn_impulse_response_falls_by_60_db_in_its_time():
    impulse = decaying_impulse(stream(), rt60=0.8, direct_db=3)
    tail = impulse[1:]
    assert np.argmax(np.abs(impulse)) == 0
    assert len(impulse) == round(0.8 * SAMPLE_RATE)
    assert 10 * np.log10(impulse[0] ** 2 / np.sum(tail**2)) == pytest.approx(3)
    first, last = (rms(part) for part in (tail[:1000], tail[-1000:]))
    assert 20 * np.log10(first / last) == pytest.approx(60 * (1 - 1000 / len(impulse)), abs=1.5)


def test_pink_noise_has_the_same_power_in_each_octave():
    power = np.abs(np.fft.rfft(pink_noise(stream(), 2**16))) ** 2
    octaves = [power[2**n : 2 ** (n + 1)].sum() for n in range(8, 15)]
    assert max(octaves) / min(octaves) < 1.2
    assert rms(pink_noise(stream(), 5000)) == pytest.approx(1)


def test_noise_lies_below_the_signal_by_its_ratio():
    signal = sine(440)
    noise = at_snr(pink_noise(stream(), len(signal)), signal, 12.0)
    assert 20 * np.log10(rms(signal) / rms(noise)) == pytest.approx(12)


def test_a_band_of_the_equaliser_has_its_gain_and_others_are_left():
    boosted = equalise(sine(1000), [(1000, 6.0)])[5000:]
    far = equalise(sine(60), [(4000, 6.0)])[5000:]
    assert 20 * np.log10(rms(boosted) / rms(sine(1000))) == pytest.approx(6, abs=0.1)
    assert 20 * np.log10(rms(far) / rms(sine(60))) == pytest.approx(0, abs=0.1)


def test_pitch_goes_with_speed():
    higher = shift_pitch(sine(440, 2), 12)
    assert len(higher) == pytest.approx(SAMPLE_RATE, abs=2)
    assert frequency_of(higher) == pytest.approx(880, abs=2)
    assert frequency_of(shift_pitch(sine(440, 2), -3)) == pytest.approx(440 / 2**0.25, abs=2)


@pytest.mark.parametrize('codec', CODECS)
def test_a_codec_loses_something_and_moves_nothing(codec):
    wave = 0.1 * pink_noise(stream(), 2 * SAMPLE_RATE)
    low, high = (through_codec(wave, codec, rate) for rate in (16_000, 64_000))
    assert len(low) == len(high) == len(wave)
    spectra = [np.fft.rfft(w, 2**17) for w in (high, wave)]
    assert np.argmax(np.fft.irfft(spectra[0] * spectra[1].conj())) == 0
    errors = [rms(coded - wave) / rms(wave) for coded in (low, high)]
    assert errors[0] > 1.2 * errors[1] > 0.05
    assert np.corrcoef(high, wave)[0, 1] > 0.9
