import os
import zlib

import pytest

from mmavl.errors import DataError
from mmavl.utils.file_names import LONGEST, file_name, require_name

BYTES = os.fsdecode(b'caf\xe9')


@pytest.mark.parametrize(
    'name', ['-0SdAVK79lg', 'Ein Stück', 'a.b', '日本語', BYTES, 'x' * 255, '..a']
)
def test_names_of_one_part_pass(name):
    assert require_name(name, 'list.csv') == name


@pytest.mark.parametrize(
    'name', ['', ' ', '.', '..', '../a', 'a/b', '/a', 'a\\b', 'a\0', 'x' * 256, 'ü' * 128, None, 3]
)
def test_names_that_are_no_one_part_of_a_path_name_their_list(name):
    with pytest.raises(DataError, match=r'^list\.csv: .* cannot be the name') as info:
        require_name(name, 'list.csv')
    assert len(str(info.value)) < 250


@pytest.mark.parametrize('name', ['Ein Stück_mp4_00000.0', '日本語', 'x' * LONGEST, '-a'])
def test_most_names_stay_as_they_are(name):
    assert file_name(name) == name


@pytest.mark.parametrize(
    'name',
    [
        BYTES,
        '..',
        'a/b',
        'a\\b',
        '',
        'a\nb',
        'a\u2028b',
        'a\x85b',
        'a\ud800',
        'x' * 255,
        '日' * 80,
        'a\x07',
    ],
)
def test_others_become_names_that_every_reader_takes(name):
    safe = file_name(name)
    assert safe.isprintable()
    assert len(safe.encode()) <= LONGEST
    assert safe.endswith(f'{zlib.crc32(name.encode("utf-8", "surrogatepass")):08x}')


def test_different_names_never_become_the_same():
    names = [BYTES, 'caf_', 'caf\n', 'caf\u2028', 'x' * 254, 'x' * 255, 'x' * 253 + 'yz']
    assert len({file_name(name) for name in names}) == len(names)


def test_strange_names_differ_as_files_and_stay_in_their_folder(strange_names, tmp_path):
    for name in strange_names:
        (tmp_path / file_name(name)).touch(exist_ok=False)
    assert len(list(tmp_path.iterdir())) == len(strange_names)
