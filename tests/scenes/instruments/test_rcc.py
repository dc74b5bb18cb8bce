import struct
import zlib

import pytest
import zstandard

from mmavl.errors import DataError
from mmavl.scenes.instruments.rcc import read_rcc


def make_rcc(path, version=3):
    """Hand-made: folder/{plain.txt, z.txt (zlib)}, s.txt (zstd); offsets are worked out below."""
    time = b'' if version == 1 else struct.pack('>Q', 1)
    names = b''
    offsets = []
    for name in ('folder', 's.txt', 'plain.txt', 'z.txt'):
        offsets.append(len(names))
        names += struct.pack('>HI', len(name), 0) + name.encode('utf-16-be')
    blobs = (
        zstandard.compress(b'zstd ' * 50),
        b'as it is',
        struct.pack('>I', 250) + zlib.compress(b'zlib ' * 50),
    )
    data, starts = b'', []
    for blob in blobs:
        starts.append(len(data))
        data += struct.pack('>I', len(blob)) + blob

    def folder(name, count, first):
        return struct.pack('>IHII', name, 2, count, first) + time

    def file(name, flags, start):
        return struct.pack('>IHHHI', name, flags, 0, 0, start) + time

    tree = folder(0, 2, 1) + folder(offsets[0], 2, 3) + file(offsets[1], 4, starts[0])
    tree += file(offsets[2], 0, starts[1]) + file(offsets[3], 1, starts[2])
    flags = struct.pack('>I', 0) if version == 3 else b''
    head = 20 + len(flags)
    places = (head, head + len(tree), head + len(tree) + len(data))
    path.write_bytes(b'qres' + struct.pack('>4I', version, *places) + flags + tree + data + names)
    return path


@pytest.mark.parametrize('version', [1, 2, 3])
def test_plain_zlib_and_zstd_entries_in_folders_are_read(tmp_path, version):
    assert read_rcc(make_rcc(tmp_path / 'a.rcc', version)) == {
        'folder/plain.txt': b'as it is',
        'folder/z.txt': b'zlib ' * 50,
        's.txt': b'zstd ' * 50,
    }


def test_another_file_is_named_as_no_resource_file(tmp_path):
    path = tmp_path / 'a.rcc'
    path.write_bytes(b'GIF89a')
    with pytest.raises(
        DataError, match=r"a\.rcc is not a Qt resource file: it starts with b'GIF8'"
    ):
        read_rcc(path)


def test_an_unknown_format_is_refused(tmp_path):
    path = tmp_path / 'a.rcc'
    path.write_bytes(b'qres' + struct.pack('>4I', 9, 20, 20, 20))
    with pytest.raises(DataError, match='resource format 9'):
        read_rcc(path)


@pytest.mark.parametrize('share', [0.1, 0.3, 0.6, 0.95])
def test_a_file_cut_short_anywhere_is_called_damaged(tmp_path, share):
    path = make_rcc(tmp_path / 'a.rcc')
    raw = path.read_bytes()
    path.write_bytes(raw[: int(share * len(raw))])
    with pytest.raises(DataError, match=r'a\.rcc is damaged .* delete it'):
        read_rcc(path)


def rcc_of(path, tree, data=b''):
    """A resource of these nodes (kind, first or offset, count) under one name, and these blobs."""
    names = struct.pack('>HI', 1, 0) + 'a'.encode('utf-16-be')
    nodes = b''.join(
        struct.pack('>IHII', 0, 2, count, first) if kind == 2 else
        struct.pack('>IHHHI', 0, kind, 0, 0, first)
        for kind, first, count in tree
    )  # fmt: skip
    places = (20, 20 + len(nodes), 20 + len(nodes) + len(data))
    path.write_bytes(b'qres' + struct.pack('>4I', 1, *places) + nodes + data + names)
    return path


@pytest.mark.parametrize(
    'tree',
    [
        [(2, 0, 1)],  # the root in itself
        [(2, 1, 1), (2, 0, 1)],
        [(2, 1, 1), (2, 1, 1)],
        [(2, 1, 2), (2, 3, 1), (2, 3, 1), (0, 0, 0)],  # one file in two folders
        [(2, 0, 2**32 - 1)],
    ],
)
def test_a_folder_that_contains_itself_is_refused(tmp_path, tree):
    with pytest.raises(DataError, match=r'a\.rcc is damaged \(node . of its tree is in two fold'):
        read_rcc(rcc_of(tmp_path / 'a.rcc', tree, bytes(4)))


@pytest.mark.parametrize('kind', [1, 4])
def test_a_bomb_is_not_unpacked(tmp_path, kind):
    zeros = bytes(2**27)
    bomb = (
        struct.pack('>I', len(zeros)) + zlib.compress(zeros) if kind == 1
        else zstandard.compress(zeros)
    )  # fmt: skip
    path = tmp_path / 'a.rcc'
    rcc_of(path, [(2, 1, 1), (kind, 0, 0)], struct.pack('>I', len(bomb)) + bomb)
    assert path.stat().st_size < 200_000
    with pytest.raises(DataError, match='an entry unpacks to more than 67,108,864 bytes'):
        read_rcc(path)


def test_one_blob_under_many_names_is_bounded(tmp_path, monkeypatch):
    monkeypatch.setattr('mmavl.scenes.instruments.rcc._MOST', 10_000)
    bomb = zstandard.compress(bytes(3000))
    tree = [(2, 1, 4), *[(4, 0, 0)] * 4]
    rcc_of(tmp_path / 'a.rcc', tree, struct.pack('>I', len(bomb)) + bomb)
    with pytest.raises(DataError, match='it unpacks to more than 10,000 bytes'):
        read_rcc(tmp_path / 'a.rcc')
