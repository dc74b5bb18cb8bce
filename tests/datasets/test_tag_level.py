import pytest

from mmavl.datasets.tag_level import TagLevel
from mmavl.errors import DataError

META = {
    'classes': ['Cello', 'Flute', 'Piano', 'Violin'],
    'groups': {'strings': ['Violin', 'Cello'], 'wind': ['Flute'], 'loud': ['Flute', 'Piano']},
}


def test_classes_know_their_first_group():
    level = TagLevel('class', META, 'toy.json')
    assert dict(zip(level.classes, level.families)) == level.family
    assert level.family == {'Cello': 0, 'Flute': 1, 'Piano': 2, 'Violin': 0}
    assert [level.label(name) for name in META['classes']] == [0, 1, 2, 3]


def test_a_class_counts_as_its_first_group_and_raises_the_tag_of_each():
    level = TagLevel('group', META, 'toy.json')
    assert (level.classes, level.families) == (['strings', 'wind', 'loud'], [0, 1, 2])
    assert [level.label(name) for name in META['classes']] == [0, 1, 2, 0]
    assert level.tags({'Flute': 0.5, 'Piano': 0.25, 'Cello': 0.125}).tolist() == [0.125, 0.5, 0.5]


def test_a_groups_own_probability_counts_for_it_alone():
    shares = {'Flute': 0.5, 'wind': 0.25}
    assert TagLevel('group', META, 'toy.json').tags(shares).tolist() == [0, 0.25, 0.5]
    assert TagLevel('class', META, 'toy.json').tags(shares).tolist() == [0, 0.5, 0, 0]


def test_a_group_called_like_a_class_takes_the_greatest_of_its_classes():
    meta = {'classes': ['Cello', 'Violin'], 'groups': {'Cello': ['Cello', 'Violin']}}
    shares = {'Cello': 0.25, 'Violin': 0.5}
    assert TagLevel('group', meta, 'toy.json').tags(shares).tolist() == [0.5]


def test_without_groups_no_class_has_one_and_none_can_be_asked_for():
    meta = {'classes': ['Cello']}
    assert TagLevel('class', meta, 'toy.json').families == [-1]
    with pytest.raises(DataError, match=r'toy\.json has no groups'):
        TagLevel('group', meta, 'toy.json')
