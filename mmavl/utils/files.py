"""Writing files so that a reader finds the old one or the new one, never half of one."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO


@contextmanager
def atomic_write(path: str | Path, mode: str = 'w') -> Iterator[IO]:
    """Open a temporary file next to ``path`` that takes its place when the block ends well.

    The data is on the disk (fsync) before the name changes; if the block or the disk fails,
    ``path`` stays as it was and nothing else is left.

    Args:
        path (str | Path): The file to write. Missing parent folders are made.
        mode (str): 'w' (UTF-8 text, in which lone surrogates, bytes of file names that are not
            UTF-8, are written as escapes) or 'wb'. Defaults to 'w'.

    Yields:
        IO: The open temporary file; ``name`` is its path, for writers that want one.

    Raises:
        OSError: The file cannot be written, e.g. because the disk is full.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    prefix = f'.{path.name[:32]}.'  # a name may be as long as file systems allow
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=prefix, suffix='.tmp')
    os.close(handle)  # a file opened by its number would have that as its name
    try:
        encoding, errors = (None, None) if 'b' in mode else ('utf-8', 'backslashreplace')
        with open(temporary, mode, encoding=encoding, errors=errors) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, _default_mode())
        os.replace(temporary, path)
    except BaseException as error:
        with suppress(FileNotFoundError):
            os.unlink(temporary)
        if isinstance(error, OSError) and error.errno and error.filename is None:
            error.filename = str(path)  # a full disk's error has no name
        raise
    _sync_folder(path.parent)


def _default_mode() -> int:
    umask = os.umask(0)  # mkstemp makes files that only their owner reads
    os.umask(umask)
    return 0o666 & ~umask


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def is_newer(path: Path, *others: Path | None) -> bool:
    """Whether a file exists and is at least as new as others, as far as these exist."""
    times = [other.stat().st_mtime for other in others if other is not None and other.exists()]
    return path.is_file() and all(path.stat().st_mtime >= time for time in times)
