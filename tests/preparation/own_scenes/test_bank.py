import numpy as np
import pytest
import soundfile

from mmavl.errors import DataError
from mmavl.preparation.own_scenes.bank import PictureFile, RecordingBank, textures
from mmavl.scenes.waves import SAMPLE_RATE, Recording

from .making import disc, write_picture


def recording(folder, name, frequency, seconds):
    wave = 0.8 * np.sin(2 * np.pi * frequency * np.arange(seconds * SAMPLE_RATE) / SAMPLE_RATE)
    path = folder / name.replace('/', '_')
    soundfile.write(path, wave, SAMPLE_RATE)
    return Recording(name, path, len(wave))


def frequency_of(wave):
    return np.argmax(np.abs(np.fft.rfft(wave))) * SAMPLE_RATE / len(wave)


def phrase(bank, seed):
    return bank.phrase('dog', np.random.default_rng(seed), 2.0)


def test_a_phrase_is_a_stretch_of_a_long_recording(tmp_path):
    bank = RecordingBank({'dog': [recording(tmp_path, 'dog/a.wav', 500, 6)]}, shifted=False)
    for seed in range(5):
        wave, name = phrase(bank, seed)
        assert (len(wave), name) == (2 * SAMPLE_RATE, 'dog/a.wav')
        assert np.sqrt(np.mean(wave**2)) == pytest.approx(1, abs=1e-3)
        assert frequency_of(wave) == pytest.approx(500, abs=1)


def test_short_recordings_follow_each_other_within_a_folder(tmp_path):
    notes = [recording(tmp_path, f'dog/{d}/{n}.wav', 300, 0.5) for d in 'xy' for n in range(4)]
    bank = RecordingBank({'dog': notes}, shifted=False)
    for seed in range(8):
        wave, names = phrase(bank, seed)
        assert len(wave) == 2 * SAMPLE_RATE
        folders = {name.split('/')[1] for name in names.split(', ')}
        assert len(folders) == 1


def test_half_of_the_phrases_are_shifted_as_they_say(tmp_path):
    bank = RecordingBank({'dog': [recording(tmp_path, 'dog/a.wav', 500, 6)]}, shifted=True)
    shifts = []
    for seed in range(30):
        wave, said = phrase(bank, seed)
        _, _, shift = said.partition(': ')
        shifts.append(float(shift.removesuffix(' semitones') or 0))
        assert len(wave) == 2 * SAMPLE_RATE
        assert frequency_of(wave) == pytest.approx(500 * 2 ** (shifts[-1] / 12), abs=1)
    assert 8 <= np.count_nonzero(shifts) <= 22
    assert max(map(abs, shifts)) <= 2


def test_a_picture_file_is_read_with_its_alpha(tmp_path):
    write_picture(tmp_path / 'a.png', disc((1, 2, 3)))
    assert np.array_equal(PictureFile('a', tmp_path / 'a.png').pixels, disc((1, 2, 3)))


def test_a_prepared_picture_that_was_deleted_or_damaged_is_named(tmp_path):
    (tmp_path / 'cut.png').write_bytes(b'no picture')
    for name in ('gone.png', 'cut.png'):
        with pytest.raises(DataError, match=f'{name} is missing or damaged: delete its folder'):
            _ = PictureFile('x', tmp_path / name).pixels


def test_splits_have_textures_of_their_own():
    names = [{picture.name for picture in textures(number)} for number in range(3)]
    assert len(set.union(*names)) == sum(map(len, names))
