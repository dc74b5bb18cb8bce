from collections import Counter
from fnmatch import fnmatch

import pytest

from mmavl.scenes.instruments.classes import CLASSES
from mmavl.scenes.instruments.packages import DEBIAN, NPM
from mmavl.scenes.instruments.picture_table import BACKGROUNDS, PICTURES, UNFILLED

NAMES = [name for parts in PICTURES.values() for part in parts for name in part]
EMOJI = {package.name.removeprefix('@iconify-json/') for package in NPM if '@' in package.name}


def test_every_class_has_pictures_and_none_stands_twice():
    assert tuple(sorted(PICTURES)) == tuple(sorted(CLASSES))
    assert [name for name, count in Counter(NAMES).items() if count > 1] == []


@pytest.mark.parametrize('label', sorted(set(CLASSES) - {'Harmonica', 'Oboe'}))
def test_a_class_with_several_pictures_has_some_for_every_split(label):
    assert [bool(part) for part in PICTURES[label]] == [True, True, True]


def test_every_entry_names_a_source_that_is_installed_and_a_file_of_its_kind():
    for name in NAMES:
        source, _, file = name.partition(':')
        if source in EMOJI:
            assert '.' not in file, name
        elif source == 'gcompris':
            assert fnmatch(file, '*.svg'), name
        else:
            folder = {'tuxpaint': 'stamps/hobbies/music', 'openclipart': 'png/recreation/music'}
            path = f'usr/share/{source}/{folder[source]}/{file}'
            assert any(package.takes(path) for package in DEBIAN), name


def test_what_needs_paper_is_in_the_table():
    assert set(UNFILLED) <= set(NAMES)


def test_backgrounds_are_resource_files_that_are_taken():
    (gcompris,) = (package for package in DEBIAN if package.name == 'gcompris-qt-data')
    assert all(gcompris.takes(f'usr/share/gcompris-qt/rcc/{name}.rcc') for name in BACKGROUNDS)
    assert 'instruments' not in BACKGROUNDS  # a frame with an unlabelled instrument
