"""Names that become files: checked where a list gives them, changed where they make trouble."""

import zlib
from pathlib import Path

from mmavl.errors import DataError

from .names import name_bytes

#: Bytes that a name may have: file systems take 255, and suffixes and drafts need some.
LONGEST = 200
_LONGEST_ON_DISK = 255


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
    return name


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


def marked_name(clean: str, whole: str) -> str:
    """A readable name, cut where it is long, with a checksum of what it stands for behind it."""
    mark = f'_{zlib.crc32(name_bytes(whole)):08x}'
    return name_bytes(clean)[: LONGEST - len(mark)].decode(errors='ignore') + mark
