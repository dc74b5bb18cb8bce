"""Writing files so that a reader gets the old or the new version, never a partial one."""

import fcntl
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO


@contextmanager
def atomic_write(path: str | Path, mode: str = 'w') -> Iterator[IO]:
    """Open a temporary file that replaces ``path`` when the block ends without an error.

    The data is on disk (fsync) before the name changes; if the block or the disk fails,
    ``path`` does not change and the temporary file is removed.

    Args:
        path (str | Path): The file to write. Missing parent folders are created.
        mode (str): 'w' (UTF-8 text; lone surrogates, i.e. non-UTF-8 bytes of file names, are
            escaped) or 'wb'. Defaults to 'w'.

    Yields:
        IO: The open temporary file; ``name`` is its path, for writers that need one.

    Raises:
        OSError: The file cannot be written, e.g. because the disk is full.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    prefix = f'.{path.name[:32]}.'  # the name itself may have the maximum length
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=prefix, suffix='.tmp')
    os.close(handle)  # opening by handle would make it the file's name
    try:
        encoding, errors = (None, None) if 'b' in mode else ('utf-8', 'backslashreplace')
        with open(temporary, mode, encoding=encoding, errors=errors) as file:
            _lock(file)
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, _default_mode())
        os.replace(temporary, path)
    except BaseException as error:
        with suppress(FileNotFoundError):
            os.unlink(temporary)
        if isinstance(error, OSError) and error.errno and error.filename is None:
            error.filename = str(path)  # the error of a full disk names no file
        raise
    _sync_folder(path.parent)


#: Temporary files of ``atomic_write``.
_TEMPORARY = re.compile(r'\..+\.[a-z0-9_]{8}\.tmp')


def remove_leftovers(folder: str | Path) -> int:
    """Delete the temporary files of processes that were killed while they wrote.

    Those of running processes are locked and remain; so do all on disks without locks.

    Returns:
        int: Bytes deleted.
    """
    freed = 0
    for path in Path(folder).glob('.*.tmp'):
        if _TEMPORARY.fullmatch(path.name):
            with suppress(OSError), open(path, 'r+b') as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                freed += path.stat().st_size
                path.unlink()
    return freed


def _lock(file: IO) -> None:
    """Mark a file as in use until it is closed or this process ends."""
    with suppress(OSError):  # a disk without locks
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _default_mode() -> int:
    umask = os.umask(0)  # mkstemp's files are readable only by their owner
    os.umask(umask)
    return 0o666 & ~umask


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def is_newer(path: Path, *others: Path | None) -> bool:
    """Whether a file exists and is at least as new as those of the others that exist."""
    times = [other.stat().st_mtime for other in others if other is not None and other.exists()]
    return path.is_file() and all(path.stat().st_mtime >= time for time in times)


def missing_checkpoint(path: str | Path) -> str:
    """The error message for a missing checkpoint: which others are in its folder."""
    names = sorted(place.name for place in Path(path).parent.glob('*.pth'))
    others = f'; its folder contains {", ".join(names)}' if names else ''
    return f'checkpoint not found: {path}{others}'
