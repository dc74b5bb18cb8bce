import pytest

from mmavl.media.formats import PICTURES, SOUNDS, VIDEOS, kind_of


@pytest.mark.parametrize(
    ('name', 'kind'),
    [
        ('a.MTS', 'video'),
        ('a.ogv', 'video'),
        ('a.wmv', 'video'),
        ('a.aiff', 'sound'),
        ('a.wma', 'sound'),
        ('a.tiff', 'picture'),
        ('a.avif', 'picture'),
        ('a.txt', None),
        ('mp4', None),
    ],
)
def test_a_file_is_known_by_its_suffix(name, kind):
    assert kind_of(name) == kind


def test_no_suffix_stands_for_two_kinds():
    assert not VIDEOS & SOUNDS | VIDEOS & PICTURES | SOUNDS & PICTURES
