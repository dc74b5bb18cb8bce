import pytest

from mmavl.errors import DataError
from mmavl.preparation.own_scenes.compose import check_classes, complete_families, fitting_levels


def test_classes_are_those_with_pictures_and_sounds():
    assert check_classes(['cat', 'dog'], ['dog', 'cat']) == ['cat', 'dog']
    assert check_classes(['a', 'b', 'c'], ['a', 'b'], ['b', 'a']) == ['b', 'a']


@pytest.mark.parametrize(
    ('pictures', 'sounds', 'wanted', 'said'),
    [
        (['a', 'b', 'c'], ['a', 'b'], [], "class 'c' has no files in --sounds"),
        (['a', 'b'], ['a', 'b', 'c'], [], "class 'c' has no files in --pictures"),
        (['a', 'b'], ['a', 'b'], ['a', 'x'], "class 'x' has no files in --pictures and --sounds"),
        (['a', 'Dog'], ['a', 'dog'], [], "'Dog' and 'dog' differ only by case: rename a folder"),
        (['a'], ['a'], [], r"scenes need at least two classes, not \['a'\]"),
        (['a', 'b', 'c'], ['a', 'b'], [], 'select classes: --classes a b'),
    ],
)
def test_folders_that_do_not_fit_are_named_with_the_way_out(pictures, sounds, wanted, said):
    with pytest.raises(DataError, match=said):
        check_classes(pictures, sounds, wanted)


def test_a_class_in_no_family_is_one_of_its_own():
    assert complete_families({'pets': ['dog', 'cat']}, ['bell', 'cat', 'dog']) == {
        'pets': ['dog', 'cat'],
        'bell': ['bell'],
    }


@pytest.mark.parametrize(
    ('families', 'said'),
    [
        ({'pets': ['dgo']}, r"\['dgo'\] are not classes"),
        ({'pets': ['dog'], 'loud': ['dog']}, r"\['dog'\] occur twice"),
        ({'bell': ['dog']}, r"\['bell'\] are names of both families and single classes"),
    ],
)
def test_families_that_do_not_fit_are_named(families, said):
    with pytest.raises(DataError, match=said):
        complete_families(families, ['bell', 'dog'])


def test_shares_are_made_to_add_up_and_default_to_what_fits():
    assert fitting_levels([1, 1], 3) == [0.5, 0.5]
    assert fitting_levels([], 2) == pytest.approx([0.5 / 0.85, 0.35 / 0.85])
    with pytest.raises(DataError, match=r'up to 3 sounding objects.* there are only 2 families'):
        fitting_levels([1, 1, 1], 2)
