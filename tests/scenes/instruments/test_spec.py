from collections import Counter
from dataclasses import asdict

import pytest

from mmavl.scenes.instruments import spec as module
from mmavl.scenes.instruments.classes import CLASSES, GROUPS
from mmavl.scenes.instruments.spec import InstrumentSpec, load_banks
from mmavl.scenes.waves import SAMPLE_RATE


def levels_of(spec):
    return Counter(len(cast.sounding) for cast in spec.casts())


@pytest.mark.parametrize('split', ['test', 'test_shift'])
def test_the_test_splits_have_200_150_and_80_scenes_with_one_two_and_three_sounding(split):
    assert levels_of(InstrumentSpec(split, 430, 0, {})) == {1: 200, 2: 150, 3: 80}


@pytest.mark.parametrize('split', ['train', 'val'])
def test_training_and_validation_have_half_a_third_and_a_seventh(split):
    assert levels_of(InstrumentSpec(split, 140, 0, {})) == {1: 70, 2: 49, 3: 21}


def test_casts_depend_on_seed_and_split_alone():
    casts = InstrumentSpec('val', 20, 0, {'npm': '1'}).casts()
    assert casts == InstrumentSpec('val', 20, 0, {}).casts()
    assert casts != InstrumentSpec('val', 20, 1, {}).casts()
    assert casts != InstrumentSpec('train', 20, 0, {}).casts()


def test_a_manifest_names_classes_families_seed_and_packages():
    spec = InstrumentSpec('val', 20, 5, {'timgm6mb-soundfont': '1.3-5'})
    assert spec.metainfo() == {
        'dataset': 'InstrumentScenes',
        'split': 'val',
        'classes': list(CLASSES),
        'groups': {family: list(members) for family, members in GROUPS.items()},
        'seed': 5,
        'packages': {'timgm6mb-soundfont': '1.3-5'},
    }
    assert spec.families == GROUPS


def test_what_a_folder_is_compared_with_holds_the_packages_and_the_recipe():
    assert asdict(InstrumentSpec('val', 20, 5, {'a': '1'}, augment=['noise'])) == {
        'split': 'val',
        'size': 20,
        'seed': 5,
        'versions': {'a': '1'},
        'recipe': 1,
        'augment': ['noise'],
    }


def test_effects_are_named_in_the_manifest_where_there_are_some():
    assert 'augment' not in InstrumentSpec('val', 20, 5, {}).metainfo()
    assert InstrumentSpec('val', 20, 5, {}, augment=('reverb',)).metainfo()['augment'] == [
        'reverb'
    ]


def test_a_split_has_its_own_pictures_and_sounds_and_the_effects_asked_for(monkeypatch):
    for name in ('pictures', 'sounds'):
        monkeypatch.setattr(module, f'load_{name}', lambda *args, name=name: (name, *args))
    banks = load_banks('packages', ['noise'], 'val')
    assert banks.pictures == ('pictures', 'packages', 'val')
    assert banks.sounds == ('sounds', 'packages', 'val')
    assert (banks.effects.names, banks.effects.length) == (['noise'], 5 * SAMPLE_RATE)
    assert load_banks('packages', (), 'val').effects is None
