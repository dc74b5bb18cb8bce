import numpy as np
import pytest
import soundfile

from mmavl.media.sound_file import open_sound_file

RATE = 8000
RAMP = np.linspace(-0.5, 0.5, RATE)


@pytest.mark.parametrize('suffix', ['wav', 'flac', 'aiff', 'w64'])
def test_samples_are_those_of_the_place_to_the_sample(tmp_path, suffix):
    stereo = np.stack([RAMP, np.zeros(RATE)], axis=1)
    soundfile.write(tmp_path / f'x.{suffix}', stereo, RATE, subtype='PCM_16')
    with open_sound_file(str(tmp_path / f'x.{suffix}')) as file:
        assert (file.rate, file.samples, file.channels) == (RATE, RATE, 2)
        assert file.read(1000, 500, 200) == pytest.approx(RAMP[1000:1500] / 2, abs=1e-4)


def test_a_file_that_ends_before_its_header_says_is_left_to_ffmpeg(tmp_path):
    path = tmp_path / 'x.flac'
    soundfile.write(path, RAMP, RATE)
    with open_sound_file(str(path)) as file:
        assert file.read(0, RATE + 1, 0) is None


@pytest.mark.parametrize('name', ['x.mp3', 'x.txt'])
def test_other_files_are_left_to_ffmpeg(tmp_path, name):
    if name.endswith('mp3'):  # libsndfile only estimates how long one is
        soundfile.write(tmp_path / name, RAMP, RATE)
    else:
        (tmp_path / name).write_text('no sound')
    assert open_sound_file(str(tmp_path / name)) is None
