import os

import pytest

from mmavl.utils.keys import file_key, key_part


@pytest.fixture
def root(tmp_path):
    (tmp_path / 'a').mkdir()
    (tmp_path / 'a' / 'clip.wav').write_bytes(b'1234')
    return tmp_path / 'a'


def key(root, name='clip.wav'):
    return file_key(str(root / name), str(root))


def test_size_and_time_make_a_difference_and_where_the_folder_lies_does_not(root):
    first = key(root)
    root.rename(root.with_name('b'))
    assert key(root.with_name('b')) == first
    os.utime(root.with_name('b') / 'clip.wav', ns=(0, 1))
    later = key(root.with_name('b'))
    assert later != first
    (root.with_name('b') / 'clip.wav').write_bytes(b'12345')
    os.utime(root.with_name('b') / 'clip.wav', ns=(0, 1))
    assert key(root.with_name('b')) != later


def test_a_file_that_appears_makes_a_difference(root):
    before = key(root, 'later.wav')
    (root / 'later.wav').touch()
    assert key(root, 'later.wav') != before


@pytest.mark.parametrize('name', [b'\xff\xfe.wav', 'line\u2028\n.wav'.encode(), b"it's;1 2.wav"])
def test_any_bytes_are_a_name(root, name):
    name = os.fsdecode(name)
    before = key(root, name)
    (root / name).write_bytes(b'1')
    assert key(root, name) not in (before, key(root))


def test_a_name_that_no_file_can_have_is_a_missing_file(root):
    assert key(root, 'a\0b') == key_part('a\0b')


@pytest.mark.parametrize('path', ['other/x.wav', '../a/clip.wav', '../a2/x.wav'])
def test_names_are_those_below_the_folder(root, path):
    assert ascii(os.path.relpath(root / path, root)).encode() in key(root, path)


def test_values_with_separators_do_not_run_into_each_other():
    assert key_part('a', 'b') != key_part('a, b') != key_part("a', 'b")
