"""Writing files so that a reader gets the old or the new version, never a partial one."""

import os
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
