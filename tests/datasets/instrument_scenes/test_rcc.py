import struct
import zlib

import pytest
import zstandard

from mmavl.datasets.instrument_scenes.rcc import read_rcc
from mmavl.errors import DataError


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
