import pytest

from mmavl.evaluation.real_clips import Mark, acceptable_classes, class_of
from mmavl.evaluation.real_clips.class_names import family_of

CLASSES = ['Dog', 'Drum', 'Piano', 'Computer keyboard', 'Steel drum', 'animals', 'Music']
ALIASES = {'Drum': ['drum kit', 'conga'], 'Piano': ['keyboard']}
FAMILIES = {'animals': ['Dog'], 'Music': ['Drum', 'Piano', 'Steel drum'], 'drums': ['Drum']}


def mark(label, name=None):
    return Mark(label, (0.0, 0.0, 1.0, 1.0), name)


@pytest.mark.parametrize(
    ('label', 'expected'),
    [
        ('dog howling', 'Dog'),
        ('two Dogs', 'Dog'),
        ('steel drum', 'Steel drum'),
        ('drum kit, nobody at it', 'Drum'),
        ('congas', 'Drum'),
        ('computer keyboard', 'Computer keyboard'),
        ('keyboard', 'Piano'),
        ('hot dogs stand', 'Dog'),
        ('doggerel', None),
        ('cat', None),
    ],
)
def test_the_longest_name_that_a_label_holds_is_its_class(label, expected):
    assert class_of(mark(label), CLASSES, ALIASES) == expected


def test_a_class_that_is_named_goes_before_the_label():
    assert class_of(mark('keyboard', 'Computer keyboard'), CLASSES, ALIASES) == 'Computer keyboard'
    assert class_of(mark('dog', 'Unknown'), CLASSES, ALIASES) == 'Dog'


def test_a_class_and_its_families_may_be_named():
    found = acceptable_classes([mark('dog'), mark('conga')], CLASSES, FAMILIES, ALIASES)
    assert found == {'Dog', 'animals', 'Drum', 'Music', 'drums'}
    assert acceptable_classes([mark('cat')], CLASSES, FAMILIES) == set()


def test_the_smallest_family_that_the_model_has_is_taken():
    assert family_of('Drum', CLASSES, FAMILIES) == 'Music'
    assert family_of('Drum', [*CLASSES, 'drums'], FAMILIES) == 'drums'
    assert family_of('Computer keyboard', CLASSES, FAMILIES) is None
