"""Letting one process at a time do what several would disturb each other at."""

import errno
import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

_POLL_SECONDS = 1.0
#: Of a shared disk that is mounted without a lock service.
_NO_LOCKS = {errno.ENOLCK, errno.EOPNOTSUPP}
_READ_ONLY = {errno.EROFS, errno.EACCES, errno.EPERM}


class Lock:
    """A lock file that names its holder. The system frees it however the holder ends.

    On a shared disk it holds between machines as far as the disk's locks (flock) do; where it
    has none, everybody gets the lock.

    Args:
        path (Path): The file. Its folder must exist.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = FileLock(path, mode=0o666)  # other users share the folder

    def take(self) -> bool:
        """Take the lock if it is free, without waiting.

        Returns:
            bool: Whether this process holds it now.

        Raises:
            OSError: The file cannot be written.
        """
        try:
            self._lock.acquire(blocking=False)
        except Timeout:
            return False
        except OSError as error:
            if error.errno not in _NO_LOCKS:
                raise
            return True
        with suppress(OSError):  # a full disk; the name is for readers only
            self.path.write_text(f'process {os.getpid()} on {socket.gethostname()}\n')
        return True

    def holder(self) -> str:
        """Who holds it, e.g. 'process 4711 on node3'."""
        with suppress(OSError):
            return self.path.read_text(errors='replace').strip() or 'another process'
        return 'another process'

    def free(self) -> None:
        """Let others take it."""
        with suppress(OSError):
            self.path.unlink()  # while it is held: nobody else's file is removed
        self._lock.release()


@contextmanager
def one_at_a_time(path: Path, what: str, log: Callable[[str], None] = print) -> Iterator[None]:
    """Run the block in one process; others wait, and say for whom.

    In a folder that is read-only there is nothing to disturb, and nobody waits.

    Args:
        path (Path): The lock's file. Missing parent folders are made.
        what (str): What the block does, for the message: 'builds scenes in data'.
        log (Callable): Gets the message. Defaults to ``print``.

    Raises:
        OSError: The file cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    lock, shown = Lock(path), ''
    while not _take_where_writable(lock):
        if (holder := lock.holder()) != shown:
            log(f'{holder} {what}: waiting for it')
            shown = holder
        time.sleep(_POLL_SECONDS)
    try:
        yield
    finally:
        lock.free()


def _take_where_writable(lock: Lock) -> bool:
    try:
        return lock.take()
    except OSError as error:
        if error.errno not in _READ_ONLY:
            raise
        return True
