"""Random changes of files, reproducible by a seed: bytes, JSON values, zip entries.

JSON, zip and ``.safetensors`` files are also changed within their format, so
that more than the first check of a reader is tested.
"""

import io
import json
import random
import struct
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

_NUMBERS = (
    0, -1, 1, 2, 255, 2**31, 2**32 - 1, 2**63, -(2**63), 10**25, 10**400, 0.5, -0.0, 1e-320, 1e300,
)  # fmt: skip
_TEXTS = (
    '', ' ', '.', '..', '/', '/etc/passwd', '../../x', 'a' * 5000, 'a\nb', 'a\0b', '\ud800',
    '\u2028', 'http://localhost/x', 'pkg://os/x', '%s%n', 'subprocess.check_output', 'é', '1',
)  # fmt: skip
_RAW = (b'NaN', b'Infinity', b'1e999', b'9' * 5000, b'[' * 100_000, b'{"a":' * 5000, b'\xff\xfe')
_CHUNKS = (b'\0', b'\xff', b'\x7f\xff\xff\xff', b'\xff' * 8, b'\0' * 64, b'{', b'"', b'\x80\x02')


def mutations(data: bytes, seed: int) -> bytes:
    """Change a file's content.

    Args:
        data (bytes): The content.
        seed (int): Determines the change.

    Returns:
        bytes: The changed content; in rare cases unchanged.
    """
    rng = random.Random(seed)
    structured = _structured(data)
    if structured is None or rng.random() < 0.3:
        return _change_bytes(data, rng)
    return structured(data, rng)


def _structured(data: bytes) -> Callable[[bytes, random.Random], bytes] | None:
    if data[:2] == b'PK':
        return _change_zip
    if data[:1] in (b'{', b'['):
        return _change_json
    if len(data) > 9 and data[8:9] == b'{':
        return _change_safetensors
    return None


def _change_bytes(data: bytes, rng: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 8, 64))):
        if not changed:
            break
        place = rng.randrange(len(changed))
        # the start of a file matters most
        place = place if rng.random() < 0.5 else min(place, rng.randrange(512))
        end = place + rng.choice((1, 2, 4, 8, 100, 5000))
        match rng.randrange(6):
            case 0:
                changed[place] ^= 1 << rng.randrange(8)
            case 1:
                changed[place] = rng.randrange(256)
            case 2:
                del changed[place:end]
            case 3:
                changed[place:place] = changed[place:end]
            case 4:
                chunk = rng.choice(_CHUNKS)
                changed[place : place + len(chunk)] = chunk
            case 5 if rng.random() < 0.3:
                del changed[place:]
    return bytes(changed)


def _change_json(data: bytes, rng: random.Random) -> bytes:
    value = json.loads(data)
    for _ in range(rng.choice((1, 1, 1, 2, 5))):
        value = _change_value(value, rng)
    text = json.dumps(value).encode()
    if rng.random() < 0.1:  # values that json would not write
        marks = [i for i, byte in enumerate(text) if byte in b':,'] or [0]
        place = rng.choice(marks) + 1
        text = text[:place] + rng.choice(_RAW) + text[place:]
    return text


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """All containers of a tree, with each of their keys or indices."""
    keys = value if isinstance(value, dict) else range(len(value))
    for key in keys:
        yield value, key
        if isinstance(value[key], dict | list):
            yield from _places(value[key])


def _change_value(value: Any, rng: random.Random) -> Any:
    places = list(_places(value)) if isinstance(value, dict | list) else []
    if not places or rng.random() < 0.02:
        return _any_value(value, rng)
    often = 100 if len(places) < 5000 else 1  # nested repetitions multiply
    # by depth first: otherwise most changes would affect the numbers of boxes
    parent, key = rng.choice([rng.choice(places), rng.choice(places[:50])])
    match rng.randrange(5):
        case 0:
            del parent[key]
        case 1 if isinstance(parent, list):
            parent.extend([parent[key]] * rng.choice((1, often)))
        case 2 if isinstance(parent, dict):
            parent[rng.choice((*_TEXTS, *parent))] = parent[key]
        case 3:
            other, place = rng.choice(places)
            parent[key] = json.loads(json.dumps(other[place])) if place in _keys(other) else None
        case _:
            parent[key] = _any_value(parent[key] if often > 1 else None, rng)
    return value


def _keys(container: Any) -> Any:
    return container if isinstance(container, dict) else range(len(container))


def _any_value(old: Any, rng: random.Random) -> Any:
    match rng.randrange(8):
        case 0:
            return rng.choice((None, True, False, [], {}, [[]], {'a': {}}))
        case 1:
            return rng.choice(_TEXTS)
        case 2:
            return [old] * rng.choice((1, 2, 100))
        case 3:
            return {rng.choice(_TEXTS): old}
        case 4:
            for _ in range(rng.choice((3, 40, 300))):
                old = [old]
            return old
        case 5 if isinstance(old, str):
            return old[: rng.randrange(len(old) + 1)] + rng.choice(_TEXTS)
        case 6 if isinstance(old, int | float):
            return old * rng.choice((-1, 1000, 0.001, 10**9))
        case _:
            return rng.choice(_NUMBERS)


def _change_zip(data: bytes, rng: random.Random) -> bytes:
    """Change one entry, and write the zip again with correct checksums."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        entries = [(entry.filename, archive.read(entry)) for entry in archive.infolist()]
    # the pickle, or the header, describes the others
    first = [n for n, (name, _) in enumerate(entries) if name.endswith(('.pkl', 'header.npy'))]
    number = rng.choice([*first, rng.randrange(len(entries))])
    compression = rng.choice((zipfile.ZIP_STORED, zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, 'w', compression) as archive:
        for index, (name, content) in enumerate(entries):
            if index == number and rng.random() < 0.1:
                continue
            archive.writestr(name, _change_bytes(content, rng) if index == number else content)
    return buffer.getvalue()


def _change_safetensors(data: bytes, rng: random.Random) -> bytes:
    """Change the header, or JSON inside its metadata."""
    (length,) = struct.unpack_from('<Q', data)
    header, tensors = json.loads(data[8 : 8 + length]), data[8 + length :]
    metadata = header.get('__metadata__', {})
    inner = [key for key, text in metadata.items() if text[:1] in ('{', '[')]
    if inner and rng.random() < 0.8:
        key = rng.choice(inner)
        metadata[key] = _change_json(metadata[key].encode(), rng).decode('utf-8', 'replace')
        text = json.dumps(header).encode()
    else:
        text = _change_json(json.dumps(header).encode(), rng)
    return struct.pack('<Q', len(text)) + text + tensors
