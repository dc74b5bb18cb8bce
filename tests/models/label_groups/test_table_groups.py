import pytest

from mmavl.errors import ConfigError
from mmavl.models.label_groups import TableGroups

LABELS = ['crane', 'violin, fiddle', 'oboe', 'crane']
NAMES = ['Oboe', 'Violin', 'strings']


def test_each_label_stands_for_what_the_table_says():
    table = {'Violin': ['violin, fiddle'], 'strings': ['violin, fiddle', 'crane']}
    matrix = TableGroups(table)(LABELS, NAMES)
    assert matrix.tolist() == [[0, 0, 1], [0, 1, 1], [0, 0, 0], [0, 0, 1]]


def test_a_misspelt_label_is_named_with_what_is_near():
    with pytest.raises(ConfigError, match=r"'violin', in the table .*near it are \['violin, fi"):
        TableGroups({'Violin': ['violin']})(LABELS, NAMES)


def test_a_misspelt_class_is_named_with_what_is_near():
    with pytest.raises(ConfigError, match=r"'string', which is not a class .*\['strings'\]"):
        TableGroups({'string': ['oboe']})(LABELS, NAMES)
