"""Names that become files: checked where a list gives them, changed where they make trouble."""

import re
import unicodedata
import zlib
from collections.abc import Iterable
from pathlib import Path

from mmavl.errors import DataError

from .names import name_bytes

#: Bytes that a name may have: file systems take 255, and suffixes and drafts need some.
LONGEST = 200
_LONGEST_ON_DISK = 255
#: Bytes of a result's name; labels and endings are added to it.
_LONGEST_STEM = 120
_WORD = re.compile(r'[\w.-]')
_DEVICE = re.compile(r'(con|prn|aux|nul|com\d|lpt\d)(\.|$)', re.IGNORECASE)


def require_name(name: object, source: str | Path) -> str:
    """A name out of somebody's list, which may become one part of a path below a data root.

    Args:
        name (object): An id, a class, a file's name.
        source (str | Path): Where it is from, for the message.

    Returns:
        str: The same name.

    Raises:
        DataError: It is not text, empty, or would lead to another folder.
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
        return f'no file can have so long a name ({len(name_bytes(name))} bytes)'
    return ''


def file_name(name: str) -> str:
    """A name that every reader and writer of files takes, and that no other name becomes.

    Most names stay as they are. Line separators, control characters, bytes that are not UTF-8 and
    what separates folders become ``_``, a long name is cut; such a name ends in a checksum of the
    whole.
    """
    clean = ''.join(s if s.isprintable() and s not in '/\\' else '_' for s in name)
    if clean == name and name not in ('', '.', '..') and len(name_bytes(name)) <= LONGEST:
        return name
    return marked_name(clean, name)


def marked_name(clean: str, whole: str, longest: int = LONGEST) -> str:
    """A readable name, cut where it is long, that ends in a checksum of what it stands for."""
    mark = f'_{zlib.crc32(name_bytes(whole)):08x}'
    return name_bytes(clean)[: longest - len(mark)].decode(errors='ignore') + mark


def safe_name(text: str) -> str:
    """A clip's id as a file name: letters and digits of any script, '-', '.' and '_'.

    It begins and ends with no dot and is not a device of Windows. A long one is cut and ends in a
    checksum of the whole, since file systems take 255 bytes.
    """
    name = unicodedata.normalize('NFC', text)
    name = ''.join(c if _WORD.match(c) or unicodedata.category(c)[0] == 'M' else ' ' for c in name)
    name = re.sub(r'^\.+|\.+$', '_', re.sub(' +', '_', name)) or '_'
    if _DEVICE.match(name):
        name = f'_{name}'
    return name if len(name.encode()) <= _LONGEST_STEM else marked_name(name, text, _LONGEST_STEM)


def different_names(names: Iterable[str], reserved: Iterable[str] = ()) -> list[str]:
    """Names whose :func:`safe_name` differs from all others, in capital letters or not.

    Args:
        names (Iterable[str]): Those that would share a file get a number at their end.
        reserved (Iterable[str]): File names that none may have.
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
