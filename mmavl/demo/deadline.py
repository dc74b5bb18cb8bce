"""A time limit for work in a thread, which Python cannot stop from outside."""

import ctypes
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Expired(BaseException):
    """The time is over. Not an Exception, so that handlers of single files do not catch it."""


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise :class:`Expired` in the block once it has run for this long.

    It is raised between two Python instructions: a single call of a C library is not interrupted.
    """
    thread = ctypes.c_ulong(threading.get_ident())
    lock, ended = threading.Lock(), False

    def expire() -> None:
        with lock:
            if not ended:
                _raise_in(thread, ctypes.py_object(Expired))

    timer = threading.Timer(seconds, expire)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        with lock:
            ended = True
        timer.cancel()


def _raise_in(thread: ctypes.c_ulong, error: ctypes.py_object) -> None:
    ctypes.pythonapi.PyThreadState_SetAsyncExc(thread, error)
