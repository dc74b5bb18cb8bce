from collections import Counter
from pathlib import Path

import cv2
import numpy as np
import pytest
import soundfile

from mmavl.preparation.own_scenes.materials import Material
from mmavl.preparation.own_scenes.spec import OwnSpec, load_banks
from mmavl.scenes.waves import SAMPLE_RATE

KINDS = ('pictures', 'sounds', 'backgrounds', 'impulse-responses', 'noise')
FIELDS = {
    'split': 'val',
    'size': 20,
    'seed': 3,
    'dataset': 'mine',
    'classes': ['dog', 'cat', 'bell'],
    'groups': {'pets': ['cat', 'dog'], 'bell': ['bell']},
    'has_families': True,
    'levels': [0.5, 0.5],
    'silent': 0.4,
    'same_family': 1.0,
    'augment': ['noise'],
    'materials': 'abc',
}


def test_casts_follow_the_shares():
    casts = OwnSpec(**FIELDS).casts()
    assert Counter(len(cast.sounding) for cast in casts) == {1: 10, 2: 10}
    silent = [cast for cast in casts if cast.silent]
    assert len(silent) == 8
    pets = [cast for cast in silent if {'cat', 'dog'} & set(cast.sounding)]
    assert pets
    assert all({'cat', 'dog'} <= {*cast.sounding, cast.silent} for cast in pets)


def test_a_manifest_names_families_where_the_user_has_some():
    spec = OwnSpec(**FIELDS)
    assert spec.metainfo() == {
        'dataset': 'mine',
        'split': 'val',
        'classes': ['dog', 'cat', 'bell'],
        'groups': {'pets': ['cat', 'dog'], 'bell': ['bell']},
        'seed': 3,
        'augment': ['noise'],
    }
    assert spec.families == FIELDS['groups']
    assert 'groups' not in OwnSpec(**{**FIELDS, 'has_families': False}).metainfo()


@pytest.fixture
def material(tmp_path):
    """Makes a prepared file of a kind: grey pictures, and sounds of 0.25."""

    def make(kind, label='', name='a'):
        path = tmp_path / f'{kind}{label}{name}'
        if kind in ('pictures', 'backgrounds'):
            channels = 4 if kind == 'pictures' else 3
            path = path.with_suffix('.png')
            cv2.imwrite(str(path), np.full((6, 8, channels), 90, np.uint8))
            return Material(kind, label, name, Path('original'), prepared=path)
        path = path.with_suffix('.flac')
        soundfile.write(path, np.full(2 * SAMPLE_RATE, 0.25), SAMPLE_RATE)
        return Material(kind, label, name, Path('o'), prepared=path, length=2 * SAMPLE_RATE)

    return make


def divided(split='val', **materials):
    """A split of which only some kinds have materials: kind -> label -> list."""
    return {split: {kind: materials.get(kind.replace('-', '_'), {}) for kind in KINDS}}


def test_a_split_draws_from_its_prepared_files(material):
    own = divided(
        pictures={'dog': [material('pictures', 'dog', 'rex.png')]},
        sounds={'dog': [material('sounds', 'dog', 'bark.wav')]},
        backgrounds={'': [material('backgrounds')]},
    )
    banks = load_banks({**own, **divided('train')}, [], 'val')
    (cutout,), (background,) = banks.pictures.cutouts['dog'], banks.pictures.backgrounds
    assert (cutout.name, cutout.pixels.shape) == ('rex.png', (6, 8, 4))
    assert background.pixels.shape == (6, 8, 3)
    wave, name = banks.sounds.draw('dog', np.random.default_rng(0), 1.0)
    assert (name, len(wave)) == ('bark.wav', SAMPLE_RATE)
    np.testing.assert_allclose(wave, 0.25, atol=1e-4)
    assert banks.effects is None


def test_without_backgrounds_every_split_has_random_ones_of_its_own():
    names = {
        split: {
            picture.name for picture in load_banks(divided(split), [], split).pictures.backgrounds
        }
        for split in ('train', 'val', 'test')
    }
    assert names['val'] == {f'texture:{100_000 + number}' for number in range(100)}
    assert len(set().union(*names.values())) == 300


def test_pitch_belongs_to_the_sounds_and_the_other_effects_to_the_scene(material):
    own = divided(
        impulse_responses={'': [material('impulse-responses', name='hall')]},
        noise={'': [material('noise', name='street')]},
    )
    pitch = load_banks(own, ['pitch'], 'val')
    assert pitch.sounds.shifted
    assert pitch.effects is None
    effects = load_banks(own, ['noise', 'reverb'], 'val').effects
    assert not load_banks(own, ['noise'], 'val').sounds.shifted
    assert [item.name for item in effects.impulses] == ['hall']
    assert [item.name for item in effects.noises] == ['street']
    assert effects.length == 5 * SAMPLE_RATE
