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
    with pytest.raises(
        ConfigError, match=r"'violin', in the table .*similar ones are \['violin, fi"
    ):
        TableGroups({'Violin': ['violin']})(LABELS, NAMES)


def test_a_misspelt_class_is_named_with_what_is_near():
    with pytest.raises(ConfigError, match=r"'string', which is not a class .*\['strings'\]"):
        TableGroups({'string': ['oboe']})(LABELS, NAMES)


BIRDS = ['cock', 'hen', 'crane', 'lion, king of beasts', 'cheetah', 'crane']


def test_two_dots_stand_for_all_labels_between():
    table = {'Fowl': ['cock .. crane'], 'Big cat': ['lion .. cheetah', 'hen']}
    with pytest.raises(
        ConfigError, match=r"'crane', in the table for 'Fowl', is the start of 2 labels"
    ):
        TableGroups(table)(BIRDS, ['Fowl', 'Big cat'])
    table['Fowl'] = ['cock .. hen']
    matrix = TableGroups(table)(BIRDS, ['Fowl', 'Big cat'])
    assert matrix.T.tolist() == [[1, 1, 0, 0, 0, 0], [0, 1, 0, 1, 1, 0]]


def test_a_range_with_a_wrong_end_is_named():
    for entry, message in (
        ('cock .. cheetahs', "'cheetahs', in the table for 'Fowl', is not a label .*'cheetah'"),
        ('hen .. cock', "'hen .. cock', in the table for 'Fowl': the teacher has 'cock' before"),
        ('cock .. lion, king', "'lion, king', .* is not a label"),
    ):
        with pytest.raises(ConfigError, match=message):
            TableGroups({'Fowl': [entry]})(BIRDS, ['Fowl'])
