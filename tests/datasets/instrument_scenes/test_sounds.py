import numpy as np
import pytest

from mmavl.datasets.instrument_scenes.sounds import SoundBank, load_sounds
from mmavl.datasets.instrument_scenes.waves import SAMPLE_RATE
from mmavl.errors import DataError


def tone(rng, seconds):
    time = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    return np.sin(2 * np.pi * 440 * time).astype(np.float32)


def silent(rng, seconds):
    return np.zeros(round(seconds * SAMPLE_RATE), np.float32)


def dies_away(rng, seconds):
    wave = tone(rng, seconds)
    wave[len(wave) // 4 :] = 0
    return wave


def test_silent_presets_and_phrases_that_die_away_are_drawn_again():
    bank = SoundBank({'Harp': {'a': [silent], 'b': [dies_away], 'c': [tone]}})
    for seed in range(10):
        wave, kind = bank.phrase('Harp', np.random.default_rng(seed), 2.0)
        assert kind == 'c'
        assert np.sqrt(np.mean(wave**2)) == pytest.approx(1, abs=1e-4)
        assert len(wave) == 2 * SAMPLE_RATE


def test_a_class_that_never_sounds_is_named():
    with pytest.raises(DataError, match=r"no audible phrase of Harp .* from \['a'\]"):
        SoundBank({'Harp': {'a': [silent]}}).phrase('Harp', np.random.default_rng(0), 2.0)


def test_the_timbre_shift_shares_no_material_with_the_other_splits(materials):
    kinds = {
        split: {
            kind for voices in load_sounds(materials, split).voices.values() for kind in voices
        }
        for split in ('train', 'test', 'test_shift')
    }
    assert kinds['train'] == kinds['test'] == {'fluid', 'musescore', 'notes'}
    assert kinds['test_shift'] == {'timgm6mb', 'recordings'}


def test_recorded_notes_of_train_and_test_are_other_files(materials):
    def files(split):
        voices = load_sounds(materials, split).voices
        packs = [voice.args[0] for kinds in voices.values() for voice in kinds.get('notes', [])]
        return {path for pack in packs for path in pack.paths.values()}

    assert files('train') == files('val')
    assert not files('train') & files('test')
    assert len(files('train')) > 100 < len(files('test'))


@pytest.mark.parametrize('split', ['train', 'test_shift'])
def test_a_phrase_does_not_depend_on_what_was_rendered_before(materials, split):
    bank = load_sounds(materials, split)
    first = bank.phrase('Oboe', np.random.default_rng(1), 2.5)[0]
    bank.phrase('Harp', np.random.default_rng(2), 2.5)
    bank.phrase('Drum', np.random.default_rng(3), 2.5)
    assert np.array_equal(first, bank.phrase('Oboe', np.random.default_rng(1), 2.5)[0])
