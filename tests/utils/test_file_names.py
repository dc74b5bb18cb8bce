import os
import zlib

import pytest

from mmavl.errors import DataError
from mmavl.utils.file_names import (
    LONGEST,
    different_names,
    file_name,
    require_name,
    safe_name,
)

BYTES = os.fsdecode(b'caf\xe9')


@pytest.mark.parametrize(
    'name', ['-0SdAVK79lg', 'Ein Stück', 'a.b', '日本語', BYTES, 'x' * 255, '..a']
)
def test_names_of_one_part_pass(name):
    assert require_name(name, 'list.csv') == name


@pytest.mark.parametrize(
    'name', ['', ' ', '.', '..', '../a', 'a/b', '/a', 'a\\b', 'a\0', 'x' * 256, 'ü' * 128, None, 3]
)
def test_a_name_that_leaves_its_folder_is_refused_with_its_list(name):
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


def test_names_that_differ_never_become_the_same():
    names = [BYTES, 'caf_', 'caf\n', 'caf\u2028', 'x' * 254, 'x' * 255, 'x' * 253 + 'yz']
    assert len({file_name(name) for name in names}) == len(names)


def test_names_of_any_bytes_differ_as_files_and_stay_in_their_folder(awkward_names, tmp_path):
    for name in awkward_names:
        (tmp_path / file_name(name)).touch(exist_ok=False)
    assert len(list(tmp_path.iterdir())) == len(awkward_names)


@pytest.mark.parametrize(
    ('text', 'name'),
    [
        ('Flügel 三_2.5-b', 'Flügel_三_2.5-b'),
        ('e\u0301', 'é'),
        ('हिन्दी', 'हिन्दी'),
        ('../../etc/x', '__.._etc_x'),
        ('caf\udce9', 'caf_'),
        ('', '_'), ('..', '_'), ('.hidden', '_hidden'), ('dots..', 'dots_'),
        ('con', '_con'), ('Aux.x', '_Aux.x'), ('console', 'console'), ('end ', 'end_'),
    ],
)  # fmt: skip
def test_a_file_name_is_one_on_every_system(text, name):
    assert safe_name(text) == name


def test_names_whose_files_would_be_one_get_numbers(awkward_names):
    names = ['a b', 'A_b', 'a_b', 'x', 'a b_2', 'Results']
    assert different_names(names, reserved=['results']) == [
        'a b', 'A_b_2', 'a_b_3', 'x', 'a b_2_2', 'Results_2',
    ]  # fmt: skip
    files = {safe_name(n).casefold() for n in different_names(awkward_names * 2)}
    assert len(files) == 2 * len(awkward_names)
    assert max(len(file.encode()) for file in files) <= 130


def test_thousands_of_clips_of_one_name_get_different_names_at_once():
    assert len(set(different_names(['😀'] * 5000))) == 5000
