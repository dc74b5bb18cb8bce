import numpy as np
import pytest
import soundfile

from mmavl.errors import DataError
from mmavl.media.audio import read_audio
from mmavl.media.sound_stream import SoundStream


def test_windows_of_sound_are_centred_and_stay_inside(tmp_path, media):
    rate = media.RATE
    ramp = np.arange(4 * rate, dtype=np.float32) / (4 * rate)
    media.write_clip(tmp_path / 'x.mkv', wave=ramp, sound_codec='pcm_f32le')
    with SoundStream(str(tmp_path / 'x.mkv'), rate, seconds=1.0) as sound:
        for time, start in ((0.0, 0.0), (0.25, 0.0), (1.5, 1.0), (2.0, 1.5), (3.9, 3.0), (9, 3.0)):
            first, window = sound.around(time)
            assert (first, len(window)) == (start, rate)
            expected = ramp[round(start * rate) : round(start * rate) + rate]
            assert np.abs(window - expected).max() < 1e-3
        assert len(sound._buffer) <= 2 * rate


def test_a_window_after_a_seek_is_the_one_without(tmp_path, media):
    wave = media.tone(6, frequency=300) * np.linspace(0, 1, 6 * media.RATE)
    media.write_clip(tmp_path / 'x.mp4', wave=wave)
    windows = []
    for start in (0.0, 5.0):
        with SoundStream(str(tmp_path / 'x.mp4'), 16000, 1.0, start) as sound:
            windows.append(sound.around(5.0))
    assert windows[0][0] == windows[1][0] == 4.5
    assert np.abs(windows[0][1] - windows[1][1]).max() < 1e-2


def test_sound_that_begins_late_is_silent_until_then(tmp_path, media):
    path = tmp_path / 'x.mkv'
    frames = media.grey_frames(20)
    wave = np.full(media.RATE, 0.5)
    media.write_clip(path, frames, wave=wave, sound_codec='pcm_f32le', sound_at=0.75)
    found, rate = read_audio(str(path))
    assert rate == media.RATE
    assert np.abs(found[: round(0.74 * rate)]).max() == 0
    assert found[round(0.76 * rate) : round(1.7 * rate)] == pytest.approx(0.5)
    assert len(found) == pytest.approx(1.75 * rate, abs=10)


def test_six_channels_are_averaged(tmp_path, media):
    channels = np.zeros((8000, 6))
    channels[:, 2] = media.tone(1, gain=0.6)
    path = tmp_path / 'x.mp4'
    media.write_clip(path, wave=channels, layout='5.1')
    wave, _ = read_audio(str(path))
    assert np.abs(wave[2000:6000]).max() == pytest.approx(0.1, abs=0.01)


@pytest.mark.parametrize('time', [2.2, 60.0])
def test_beyond_the_end_of_the_sound_its_last_window_is_given(tmp_path, media, time):
    ramp = np.arange(2 * media.RATE, dtype=np.float32) / (4 * media.RATE)
    path = media.write_clip(tmp_path / 'x.mkv', wave=ramp, sound_codec='pcm_f32le')
    with SoundStream(str(path), media.RATE, seconds=0.5, start=time) as sound:
        first, window = sound.around(time)
        assert sound.around(time + 1)[0] == first
    assert (first, len(window)) == (pytest.approx(1.5, abs=0.01), pytest.approx(4000, abs=80))
    assert window == pytest.approx(ramp[round(first * media.RATE) :][: len(window)], abs=1e-3)


def test_a_track_without_samples_is_said(tmp_path):
    soundfile.write(tmp_path / 'x.wav', np.zeros(0), 8000)
    sound = SoundStream(str(tmp_path / 'x.wav'), 8000)
    with sound, pytest.raises(DataError, match=r'x\.wav holds no sound'):
        sound.around(0.0)


@pytest.mark.parametrize('seconds', [1.5, 2.0])
def test_a_sound_that_ends_before_its_window_gives_all_of_it_or_its_last_window(
    tmp_path, media, seconds
):
    path = str(media.write_clip(tmp_path / 'x.mp4', media.grey_frames(60), wave=media.tone(2)))
    with SoundStream(path, 8000, seconds, start=3.0) as sound:
        start, window = sound.around(3.0)
    assert start == pytest.approx(2 - seconds, abs=0.15)
    assert len(window) == pytest.approx(8000 * seconds, abs=1000)
    assert np.abs(window).max() == pytest.approx(0.5, abs=0.08)  # AAC
