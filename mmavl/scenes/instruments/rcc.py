"""Reading Qt's binary resource files (``.rcc``), which contain GCompris' pictures and sounds."""

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import zstandard

from mmavl.errors import DataError

_ZLIB, _DIRECTORY, _ZSTD = 1, 2, 4
#: Maximum bytes of one unpacked file, and of all; GCompris' largest resource has 60 MB.
_LARGEST, _MOST = 2**26, 2**29


def read_rcc(path: str | Path) -> dict[str, bytes]:
    """Read every file of a Qt resource file.

    The format: a header (magic ``qres``, version, offsets of tree, data and names, big-endian), a
    tree of fixed-size nodes, and blobs that are plain, zlib- or zstd-compressed. Source:
    ``QResourceRoot`` in qtbase/src/corelib/io/qresource.cpp.

    Args:
        path: The ``.rcc`` file.

    Returns:
        dict[str, bytes]: The content of each file by its internal path, without a leading slash.

    Raises:
        DataError: The file is not a resource file, is truncated, contains itself, or unpacks to
            more than expected of any resource.
    """
    return dict(_files(path))


def _files(path: str | Path) -> Iterator[tuple[str, bytes]]:
    raw = Path(path).read_bytes()
    if raw[:4] != b'qres':
        raise DataError(
            f"{path} is not a Qt resource file: it starts with {raw[:4]!r}, not b'qres'"
        )
    try:
        version, tree, data, names = struct.unpack_from('>4I', raw, 4)
        if version not in (1, 2, 3):
            raise DataError(f'{path} has resource format {version}; only 1 to 3 are supported')
        node_size = 14 if version == 1 else 22
        folders, seen, size = [(0, '')], {0}, 0
        while folders:
            node, prefix = folders.pop()
            count, first = struct.unpack_from('>2I', raw, tree + node * node_size + 6)
            for child in range(first, first + count):
                if child in seen:
                    raise ValueError(f'node {child} of its tree is in two folders')
                seen.add(child)
                position = tree + child * node_size
                name_offset, flags = struct.unpack_from('>IH', raw, position)
                name = prefix + _name(raw, names + name_offset)
                if flags & _DIRECTORY:
                    folders.append((child, name + '/'))
                    continue
                (offset,) = struct.unpack_from('>I', raw, position + 10)
                blob = _blob(raw, data + offset, flags)
                size += len(blob)
                if max(_MOST, len(raw)) < size:
                    raise ValueError(f'it unpacks to more than {_MOST:,} bytes')
                yield name, blob
    except DataError:
        raise
    except (struct.error, zlib.error, zstandard.ZstdError, ValueError) as error:
        raise DataError(f'{path} is damaged ({error}); delete it and run again') from error


def _name(raw: bytes, position: int) -> str:
    (length,) = struct.unpack_from('>H', raw, position)
    return _take(raw, position + 6, 2 * length).decode('utf-16-be')


def _blob(raw: bytes, position: int, flags: int) -> bytes:
    (length,) = struct.unpack_from('>I', raw, position)
    blob = _take(raw, position + 4, length)
    if flags & _ZLIB:
        stream = zlib.decompressobj()
        blob = stream.decompress(blob[4:], _LARGEST + 1)  # qCompress prepends the size
        if not stream.eof and len(blob) <= _LARGEST:
            raise ValueError('a compressed entry is truncated')
    elif flags & _ZSTD:
        with zstandard.ZstdDecompressor(max_window_size=_LARGEST).stream_reader(blob) as reader:
            blob = reader.read(_LARGEST + 1)
    else:
        return blob
    if len(blob) > _LARGEST:
        raise ValueError(f'an entry unpacks to more than {_LARGEST:,} bytes')
    return blob


def _take(raw: bytes, position: int, length: int) -> bytes:
    part = raw[position : position + length]
    if len(part) != length:
        raise struct.error(f'an entry of {length} bytes ends after {len(part)}')
    return part
