import io

import numpy as np
import pytest
import soundfile
from PIL import Image

from mmavl.errors import DataError
from mmavl.visualization.media import (
    LONGEST,
    flac_bytes,
    load_frame,
    load_spectrogram,
    write_wav,
)


@pytest.fixture
def video(tmp_path, media):
    """Two seconds: dark in the first, bright in the second."""
    frames = [np.full((32, 32, 3), 40 if index < 10 else 200, np.uint8) for index in range(20)]
    return str(media.write_clip(tmp_path / 'x.mp4', frames))


def test_an_image_file_is_preferred_and_keeps_its_colours(tmp_path, video):
    Image.new('RGB', (8, 4), (250, 20, 0)).save(tmp_path / 'x.png')
    meta = {'img_path': str(tmp_path / 'x.png'), 'video': video, 'time': 0}
    frame = load_frame(meta)
    assert (frame.shape, frame.dtype) == ((4, 8, 3), np.uint8)
    assert frame[0, 0].tolist() == [250, 20, 0]


def test_a_video_gives_the_frame_of_the_samples_time(video):
    assert load_frame({'video': video, 'time': 0.5}).mean() == pytest.approx(40, abs=4)
    meta = {'img_path': None, 'video': video, 'time': 1.5}
    assert load_frame(meta).mean() == pytest.approx(200, abs=4)


def test_a_sound_is_read_from_its_file_up_to_a_minute(tmp_path):
    rate = 2000
    time = np.arange(int(rate * (LONGEST + 5))) / rate
    wave = np.where(time < 30, np.sin(2 * np.pi * 250 * time), np.sin(2 * np.pi * 500 * time))
    soundfile.write(tmp_path / 'x.wav', 0.5 * wave, rate)
    spectrogram = load_spectrogram({'audio_path': str(tmp_path / 'x.wav')})
    assert spectrogram.duration == pytest.approx(60, abs=0.01)
    frames = len(spectrogram.values)
    loudest = spectrogram.bands[spectrogram.values.argmax(1)]
    assert loudest[frames // 4] == pytest.approx(250, rel=0.1)
    assert loudest[3 * frames // 4] == pytest.approx(500, rel=0.1)


def test_files_that_are_missing_are_named(tmp_path):
    with pytest.raises(DataError, match=r'gone\.jpg is missing'):
        load_frame({'img_path': str(tmp_path / 'gone.jpg')})
    with pytest.raises(DataError, match=r'gone\.wav is missing'):
        load_spectrogram({'audio_path': str(tmp_path / 'gone.wav')})


def test_flac_holds_the_samples_of_a_wav_which_are_clipped_at_full_scale(tmp_path):
    wave = np.array([0.0, 0.5, -0.25, 2.0, -2.0])
    write_wav(tmp_path / 'new' / 'a.wav', wave, 11025)
    written, rate = soundfile.read(tmp_path / 'new' / 'a.wav')
    assert rate == 11025
    assert written == pytest.approx(wave.clip(-1, 1), abs=1e-4)
    packed, rate = soundfile.read(io.BytesIO(flac_bytes(tmp_path / 'new' / 'a.wav')))
    assert rate == 11025
    assert np.array_equal(packed, written)
