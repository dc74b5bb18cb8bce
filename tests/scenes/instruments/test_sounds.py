import numpy as np
import pytest

from mmavl.scenes.instruments.sounds import load_sounds


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
