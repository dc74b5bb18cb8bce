"""Locks, so that only one process at a time does a job."""

import errno
import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

_POLL_SECONDS = 1.0
#: Errors of a shared disk that is mounted without a lock service.
_NO_LOCKS = {errno.ENOLCK, errno.EOPNOTSUPP}
_READ_ONLY = {errno.EROFS, errno.EACCES, errno.EPERM}


class Lock:
    """A lock file with the name of its holder. The system releases it when the holder ends.

    On a shared disk it also works between machines if the disk supports locks (flock); if not,
    every process gets the lock.

    Args:
        path (Path): The lock file. Its folder must exist.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = FileLock(path, mode=0o666)  # other users share the folder

    def take(self) -> bool:
        """Take the lock if it is free, without waiting.

        Returns:
            bool: Whether this process now holds the lock.

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
        with suppress(OSError):  # a full disk; the name is only informative
            self.path.write_text(f'process {os.getpid()} on {socket.gethostname()}\n')
        return True

    def holder(self) -> str:
        """The holder of the lock, e.g. 'process 4711 on node3'."""
        with suppress(OSError):
            return self.path.read_text(errors='replace').strip() or 'another process'
        return 'another process'

    def free(self) -> None:
        """Release the lock."""
        with suppress(OSError):
            self.path.unlink()  # while held, so no other process's file is deleted
        self._lock.release()


@contextmanager
def one_at_a_time(path: Path, what: str, log: Callable[[str], None] = print) -> Iterator[None]:
    """Run the block in one process at a time; the others wait and log which one they wait for.

    A read-only folder needs no lock, so there nobody waits.

    Args:
        path (Path): The lock file. Missing parent folders are created.
        what (str): What the block does, for the message: 'builds scenes in data'.
        log (Callable): Function for the message. Defaults to ``print``.

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
