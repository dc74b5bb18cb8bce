import numpy as np
import pytest
import soundfile

from mmavl.errors import DataError
from mmavl.scenes.instruments.note_pack import NotePack, cut, pitch_of, read_note
from mmavl.scenes.instruments.phrases import Note
from mmavl.scenes.waves import SAMPLE_RATE


def sine(frequency, seconds, rate=SAMPLE_RATE):
    return np.sin(2 * np.pi * frequency * np.arange(round(seconds * rate)) / rate)


def frequencies_of(wave):
    """Frequencies of the spectrum's peaks above half of the highest one, in Hz."""
    spectrum = np.abs(np.fft.rfft(wave * np.hanning(len(wave))))
    inner = spectrum[1:-1]
    peaks = (inner > spectrum[:-2]) & (inner > spectrum[2:]) & (inner > spectrum.max() / 2)
    return ((np.flatnonzero(peaks) + 1) * SAMPLE_RATE / len(wave)).tolist()


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
    assert frequencies_of(wave) == [pytest.approx(880, abs=3)]
    assert np.abs(wave).max() == pytest.approx(1, abs=0.05)


def test_a_pack_of_few_notes_is_refused(tmp_path):
    soundfile.write(tmp_path / 'A3.mp3', sine(220, 1), SAMPLE_RATE)
    with pytest.raises(DataError, match='has 1 notes, but at least 4'):
        NotePack(tmp_path, 0)


def test_a_note_shorter_than_it_is_held_stays_as_it_is():
    assert cut(np.ones(100, np.float32), 1.0).tolist() == [1] * 100


def test_a_chord_sounds_every_recording_once_as_loud_as_it_is_struck(pack_folder):
    pack = NotePack(pack_folder, 0)
    wave = pack.render([Note(0.0, 1.0, (57, 58, 81), 127)], 1.0)  # 58 is A3's recording, too
    assert frequencies_of(wave) == pytest.approx([220, 880], abs=3)
    softer = pack.render([Note(0.0, 1.0, (57, 58, 81), 50)], 1.0)
    np.testing.assert_allclose(softer, wave * 50 / 127, atol=1e-6)


def test_between_two_recordings_the_lower_one_is_taken(pack_folder):
    wave = NotePack(pack_folder, 1).render([Note(0.0, 1.0, (64,), 127)], 1.0)  # 59 and 69
    assert frequencies_of(wave) == [pytest.approx(247, abs=3)]


def test_a_note_at_the_end_of_a_phrase_is_cut_with_it(pack_folder):
    wave = NotePack(pack_folder, 0).render([Note(0.9, 2.0, (57,), 127)], 1.0)
    assert len(wave) == SAMPLE_RATE
    assert np.abs(wave[-1000:]).max() > 0.5


def test_a_note_that_is_let_go_dies_away_within_its_release():
    wave = cut(np.ones(3 * SAMPLE_RATE, np.float32), 1.0, release=0.5)
    assert len(wave) == SAMPLE_RATE + SAMPLE_RATE // 2
    assert (wave[:SAMPLE_RATE] == 1).all()
    assert wave[SAMPLE_RATE + SAMPLE_RATE // 4] == pytest.approx(0.5, abs=0.001)
    assert wave[-1] == 0


def test_a_recording_begins_at_its_onset_with_a_peak_of_one(tmp_path):
    path = tmp_path / 'A4.wav'
    sound = np.concatenate([np.zeros(SAMPLE_RATE // 2), 0.25 * sine(440, 6)])
    soundfile.write(path, sound, SAMPLE_RATE)
    wave = read_note(str(path))
    assert np.abs(wave).max() == pytest.approx(1)
    assert len(wave) == 4 * SAMPLE_RATE  # what comes later is never heard
    assert np.abs(wave[:50]).max() > 0.5


def test_a_silent_recording_is_named(tmp_path):
    soundfile.write(tmp_path / 'A4.wav', np.zeros(1000), SAMPLE_RATE)
    with pytest.raises(DataError, match=r'A4\.wav is silent'):
        read_note(str(tmp_path / 'A4.wav'))
