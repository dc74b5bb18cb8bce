import numpy as np
import pytest

from mmavl.visualization.spectrogram import AXIS, Spectrogram, _time_ticks, draw_spectrogram

RATE = 22050


def tone(hertz, seconds, rate=RATE):
    return np.sin(2 * np.pi * hertz * np.arange(int(seconds * rate)) / rate).astype(np.float32)


@pytest.mark.parametrize('hertz', [440, 3000])
def test_a_tone_is_loudest_in_the_band_around_its_frequency(hertz):
    spectrogram = Spectrogram.of_waveform(tone(hertz, 1), RATE)
    assert spectrogram.duration == 1
    band = spectrogram.values.mean(0).argmax()
    assert spectrogram.bands[band] == pytest.approx(hertz, rel=0.05)


def test_equals_librosa():
    librosa = pytest.importorskip('librosa')
    wave = np.random.default_rng(0).normal(0, 0.1, RATE).astype(np.float32)
    power = librosa.feature.melspectrogram(
        y=wave, sr=RATE, n_fft=2048, hop_length=220, n_mels=96, pad_mode='reflect'
    )
    expected = librosa.power_to_db(power, top_db=60)
    assert np.abs(Spectrogram.of_waveform(wave, RATE).values.T - expected).max() < 1e-2


def test_sound_in_the_second_half_is_drawn_on_the_right_and_low_tones_at_the_bottom():
    wave = np.concatenate([np.zeros(RATE, np.float32), tone(200, 1)])
    picture = np.asarray(draw_spectrogram(Spectrogram.of_waveform(wave, RATE), 400, 100))
    assert picture.shape == (100, 400, 3)
    light = picture[: 100 - AXIS].astype(int).sum(-1)
    assert light[:, 250:390].mean() > 3 * light[:, 100:190].mean()
    assert light[-20:, 250:390].mean() > 2 * light[:40, 250:390].mean()


def test_the_time_axis_is_labelled():
    spectrogram = Spectrogram(np.zeros((50, 8)), duration=5.0)
    axis = np.asarray(draw_spectrogram(spectrogram, 400, 100))[-AXIS + 4 :]
    dark = (axis < 128).any(-1).any(0)
    assert dark[:30].any()
    assert dark[70:90].any()  # 1 s of 5 at 400 px
    assert not dark[45:65].any()


def test_the_time_axis_shows_the_seconds_of_the_recording():
    ticks = {start: _time_ticks(Spectrogram(np.zeros((50, 8)), 5.0, start=start), 400)
             for start in (0.0, 10.0, 46.3)}  # fmt: skip
    assert ticks[0.0].tolist() == [0, 1, 2, 3, 4, 5]
    assert ticks[10.0].tolist() == [10, 11, 12, 13, 14, 15]
    assert ticks[46.3].tolist() == [47, 48, 49, 50, 51]
    first, later = (
        np.asarray(draw_spectrogram(Spectrogram(np.zeros((50, 8)), 5.0, start=start), 400, 100))
        for start in (10.0, 10.5)
    )
    assert (later[-AXIS + 1, 40] == later[-AXIS + 1, 120]).all()  # ticks half a second earlier
    assert not (first[-AXIS + 1, 40] == first[-AXIS + 1, 80]).all()


@pytest.mark.parametrize('length', [1, 100])
def test_very_short_sounds_can_be_drawn(length):
    spectrogram = Spectrogram.of_waveform(np.zeros(length, np.float32), RATE)
    assert draw_spectrogram(spectrogram, 300, 80).size == (300, 80)


def test_limits_give_equal_values_of_two_pictures_equal_colours():
    quiet = Spectrogram(np.full((20, 8), -30.0), 1.0)
    mixed = Spectrogram(np.where(np.arange(20)[:, None] < 10, -30.0, 0.0) + np.zeros((20, 8)), 1.0)
    pictures = [np.asarray(draw_spectrogram(s, 40, 57, (-60.0, 0.0))) for s in (quiet, mixed)]
    assert np.array_equal(pictures[0][5, 5], pictures[1][5, 5])
    assert pictures[1][5, 35].sum() > pictures[1][5, 5].sum()
