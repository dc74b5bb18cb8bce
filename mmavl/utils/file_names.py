"""Safe file names: those from lists are checked, those of results are converted."""

import re
import unicodedata
import zlib
from collections.abc import Iterable
from pathlib import Path

from mmavl.errors import DataError

from .names import name_bytes

#: Maximum bytes of a name: file systems allow 255, and suffixes need some.
LONGEST = 200
_LONGEST_ON_DISK = 255
#: Maximum bytes of a result's name, before labels and suffixes are added.
_LONGEST_STEM = 120
_WORD = re.compile(r'[\w.-]')
_DEVICE = re.compile(r'(con|prn|aux|nul|com\d|lpt\d)(\.|$)', re.IGNORECASE)


def require_name(name: object, source: str | Path) -> str:
    """Check a name from a list that will become part of a path below a data root.

    Args:
        name (object): An id, a class or a file name.
        source (str | Path): The list, for the message.

    Returns:
        str: The unchanged name.

    Raises:
        DataError: It is not text, is empty, or would lead to another folder.
    """
    reason = _why_not(name)
    if reason:
        raise DataError(f'{source}: {name!r:.80} cannot be the name of a clip or class: {reason}')
    return str(name)


def _why_not(name: object) -> str:
    if not isinstance(name, str):
        return 'it is not text'
    if not name.strip():
        return 'it is empty'
    if name in ('.', '..') or any(sign in name for sign in '/\\\0'):
        return 'it would lead to another folder'
    if len(name_bytes(name)) > _LONGEST_ON_DISK:
        return f'it is too long for a file name ({len(name_bytes(name))} bytes)'
    return ''


def file_name(name: str) -> str:
    """Convert a name to one that every program accepts; different names stay different.

    Most names do not change. Line separators, control characters, non-UTF-8 bytes and path
    separators become ``_``, and long names are cut; a changed name ends with a checksum of the
    original.
    """
    clean = ''.join(s if s.isprintable() and s not in '/\\' else '_' for s in name)
    if clean == name and name not in ('', '.', '..') and len(name_bytes(name)) <= LONGEST:
        return name
    return marked_name(clean, name)


def marked_name(clean: str, whole: str, longest: int = LONGEST) -> str:
    """A readable name, cut if too long, with a checksum of the original at its end."""
    mark = f'_{zlib.crc32(name_bytes(whole)):08x}'
    return name_bytes(clean)[: longest - len(mark)].decode(errors='ignore') + mark


def safe_name(text: str) -> str:
    """Convert a clip id to a file name of letters and digits of any script, '-', '.' and '_'.

    It neither begins nor ends with a dot and is not a device name of Windows. A long name is
    cut and gets a checksum of the original, since file systems allow 255 bytes.
    """
    name = unicodedata.normalize('NFC', text)
    name = ''.join(c if _WORD.match(c) or unicodedata.category(c)[0] == 'M' else ' ' for c in name)
    name = re.sub(r'^\.+|\.+$', '_', re.sub(' +', '_', name)) or '_'
    if _DEVICE.match(name):
        name = f'_{name}'
    return name if len(name.encode()) <= _LONGEST_STEM else marked_name(name, text, _LONGEST_STEM)


def different_names(names: Iterable[str], reserved: Iterable[str] = ()) -> list[str]:
    """Make names unique after :func:`safe_name`, ignoring case.

    Args:
        names (Iterable[str]): The names; those that would share a file get a number at the end.
        reserved (Iterable[str]): File names that are not available.
    """
    taken = {name.casefold() for name in reserved}
    numbers: dict[str, int] = {}
    different = []
    for name in names:
        file = safe_name(name).casefold()
        candidate = name
        while (now := safe_name(candidate).casefold()) in taken:
            numbers[file] = numbers.get(file, 1) + 1
            candidate = f'{name}_{numbers[file]}'
        taken.add(now)
        different.append(candidate)
    return different
