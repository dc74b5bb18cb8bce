import pytest

from mmavl.utils.components import component_name


class Thing:
    pass


@pytest.mark.parametrize('kind', ['Thing', 'scope.Thing', 'a.module.of.Thing', Thing])
def test_every_way_to_name_a_component_gives_its_class_name(kind):
    assert component_name(kind) == 'Thing'


def test_an_entry_without_a_type_has_no_name():
    assert component_name(None) == ''
