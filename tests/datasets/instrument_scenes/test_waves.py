import numpy as np
import pytest
import soundfile

from mmavl.datasets.instrument_scenes.note_pack import NotePack, cut, pitch_of
from mmavl.datasets.instrument_scenes.phrases import Note
from mmavl.datasets.instrument_scenes.waves import (
    SAMPLE_RATE,
    audible,
    fade,
    read_wave,
    without_silence,
)
from mmavl.errors import DataError


def sine(frequency, seconds, rate=SAMPLE_RATE):
    return np.sin(2 * np.pi * frequency * np.arange(round(seconds * rate)) / rate)


def frequency_of(wave):
    return np.argmax(np.abs(np.fft.rfft(wave))) * SAMPLE_RATE / len(wave)


@pytest.mark.parametrize(
    ('name', 'pitch'), [('C4', 60), ('A4', 69), ('As2 v2', 46), ('Gs0', 20), ('B3', 59)]
)
def test_note_names_are_midi_numbers(name, pitch):
    assert pitch_of(name) == pitch


@pytest.fixture
def pack_folder(tmp_path):
    for name, frequency in {'A3': 220, 'B3': 247, 'C4': 262, 'A4': 440, 'A5': 880}.items():
        soundfile.write(tmp_path / f'{name}.mp3', 0.5 * sine(frequency, 2, 44100), 44100)
    return tmp_path


def test_the_halves_of_a_pack_share_no_note(pack_folder):
    first, second = NotePack(pack_folder, 0), NotePack(pack_folder, 1)
    assert sorted(first.paths) == [57, 60, 81]  # A3, C4, A5: each second one from below
    assert sorted(second.paths) == [59, 69]


def test_a_note_sounds_as_the_nearest_recording_when_it_should(pack_folder):
    wave = NotePack(pack_folder, 0).render([Note(1.0, 0.5, (79,), 127)], 2.0)
    sounding = np.flatnonzero(np.abs(wave) > 0.05) / SAMPLE_RATE
    assert sounding[0] == pytest.approx(1.0, abs=0.01)
    assert sounding[-1] == pytest.approx(1.6, abs=0.05)  # half a second and its release
    assert frequency_of(wave) == pytest.approx(880, abs=3)
    assert np.abs(wave).max() == pytest.approx(1, abs=0.05)


def test_a_pack_of_few_notes_is_refused(tmp_path):
    soundfile.write(tmp_path / 'A3.mp3', sine(220, 1), SAMPLE_RATE)
    with pytest.raises(DataError, match='holds 1 notes, at least 4'):
        NotePack(tmp_path, 0)


def test_a_note_shorter_than_it_is_held_stays_as_it_is():
    assert cut(np.ones(100, np.float32), 1.0).tolist() == [1] * 100


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
