"""Signals by which schedulers, terminals and launchers ask a program to stop."""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

#: ``kill``, ``timeout`` and most schedulers; Ctrl+C; a closed terminal; Slurm's ``--signal=USR1``.
STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1)
#: Exit status of a run that was asked to stop and can be resumed (EX_TEMPFAIL of sysexits.h).
STOPPED = 75
#: Seconds in which more signals belong to the first: ``timeout`` and launchers send two.
ONE_REQUEST = 1.0


class StopSignals:
    """Calls one function at the first signal, and another if the user insists.

    The functions run in a thread of their own: a main thread that waits in C code, e.g. for a
    process that has died, does not delay them. Signals that the program was started to ignore
    (``nohup``) remain ignored.

    Args:
        first (Callable): Called once, with the number of the first signal.
        again (Callable): Called with the number of each signal that arrives more than
            :data:`ONE_REQUEST` seconds after the first.
    """

    def __init__(self, first: Callable[[int], None], again: Callable[[int], None]) -> None:
        self._first = first
        self._again = again
        self._former: dict[int, Callable | int | None] = {}
        self._pipe: int | None = None
        self._former_pipe = -1

    def listen(self) -> None:
        """Start to listen, if this is the main thread: Python allows handlers only there."""
        if threading.current_thread() is not threading.main_thread():
            return
        reader, self._pipe = os.pipe()
        os.set_blocking(self._pipe, False)
        self._former_pipe = signal.set_wakeup_fd(self._pipe, warn_on_full_buffer=False)
        threading.Thread(target=self._watch, args=(reader,), daemon=True).start()
        for number in STOP_SIGNALS:
            if signal.getsignal(number) is not signal.SIG_IGN:
                self._former[number] = signal.signal(number, lambda *_: None)

    def close(self) -> None:
        """Stop listening: the former handlers come back."""
        if self._pipe is None:
            return
        for number, handler in self._former.items():
            signal.signal(number, handler or signal.SIG_DFL)
        signal.set_wakeup_fd(self._former_pipe)
        os.close(self._pipe)
        self._pipe = None

    def _watch(self, reader: int) -> None:
        begin = None
        while byte := os.read(reader, 1):  # Python writes the number of each signal here
            if byte[0] not in STOP_SIGNALS:
                continue
            if begin is None:
                begin = time.monotonic()
                self._first(byte[0])
            elif time.monotonic() - begin > ONE_REQUEST:
                self._again(byte[0])
        os.close(reader)


def end_now(number: int) -> None:
    """End this process as the signal would have, without saving or waiting."""
    name = signal.Signals(number).name
    print(f'error: {name} for the second time: ended at once', file=sys.stderr, flush=True)
    os._exit(128 + number)


@contextmanager
def postponed_signals() -> Iterator[None]:
    """Let signals wait until the block ends; in processes it starts, until they ignore them."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def ignore_stop_signals() -> None:
    """Let this process go on when its whole group is asked to stop; its parent ends it."""
    signal.set_wakeup_fd(-1)
    for number in STOP_SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)
