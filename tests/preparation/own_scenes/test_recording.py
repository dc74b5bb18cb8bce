import numpy as np
import pytest
import soundfile

from mmavl.errors import DataError
from mmavl.preparation.own_scenes.recording import read_recording, without_pauses
from mmavl.scenes.waves import SAMPLE_RATE, audible

from .making import RATE, tone


def test_a_recording_of_any_rate_and_level_is_read_at_one(tmp_path):
    soundfile.write(tmp_path / 'a.wav', 0.01 * tone(440, 2), RATE)
    wave = read_recording(str(tmp_path / 'a.wav'))
    assert len(wave) == 2 * SAMPLE_RATE
    assert np.abs(wave).max() == pytest.approx(0.9, abs=0.01)


@pytest.mark.parametrize(
    ('wave', 'said'), [(np.zeros(RATE), 'is silent'), (tone(440, 0.05), r'is shorter than 0\.1 s')]
)
def test_silent_and_very_short_files_are_named(tmp_path, wave, said):
    soundfile.write(tmp_path / 'a.wav', wave, RATE)
    with pytest.raises(DataError, match=rf'a\.wav {said}'):
        read_recording(str(tmp_path / 'a.wav'))


def test_pauses_between_barks_are_shortened():
    bark = np.sin(np.arange(SAMPLE_RATE // 4) / 5)
    barks = np.concatenate([bark, np.zeros(2 * SAMPLE_RATE), bark, np.zeros(3 * SAMPLE_RATE)])
    kept = without_pauses(barks)
    assert not audible(barks)
    assert audible(kept)
    assert len(kept) / SAMPLE_RATE == pytest.approx(0.5 + 3 * 4 * 512 / SAMPLE_RATE, abs=0.06)


def test_a_sound_without_pauses_stays():
    wave = np.sin(np.arange(512 * 50) / 5)
    assert np.array_equal(without_pauses(wave), wave)
    assert np.array_equal(without_pauses(wave[:700]), wave[:700])
