"""Processing files in worker processes, any of which may crash or hang."""

import multiprocessing
import os
import pickle
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from typing import Any

_IMPORTED = 'mmavl.preparation.converters.media'


class LostError(Exception):
    """A process died or took too long; the message says which."""


def run_each(
    function: Callable, tasks: Iterable[Any], workers: int, limit: float
) -> Iterator[tuple[Any, Any]]:
    """Apply a function to tasks in worker processes, one task at a time in each.

    Args:
        function (Callable): Takes a task; both are pickled.
        tasks (Iterable): The tasks, in order.
        workers (int): Number of processes; 0 uses the current one, where slow or crashing tasks
            are not stopped.
        limit (float): Seconds allowed for a task.

    Yields:
        tuple: A task, and its result or a :class:`LostError`; in the order of completion.

    Raises:
        Exception: Any exception raised by the function.
    """
    if workers < 1:
        yield from ((task, function(task)) for task in tasks)
        return
    waiting = deque(tasks)
    pool = [_Worker(function, limit) for _ in range(min(workers, len(waiting)))]
    try:
        while waiting or any(worker.busy for worker in pool):
            for worker in pool:
                if waiting and not worker.busy:
                    worker.give(waiting.popleft())
            busy = [worker for worker in pool if worker.busy]
            nearest = min(worker.until for worker in busy) - time.monotonic()
            wait([worker.connection for worker in busy], max(nearest, 0))
            for worker in busy:
                if worker.ended():
                    yield worker.take()
    finally:
        for worker in pool:
            worker.stop()


class _Worker:
    def __init__(self, function: Callable, limit: float) -> None:
        self._function, self._limit = function, limit
        self.busy, self.until = False, 0.0
        self._task: Any = None
        self._result: Any = None
        self._start()

    def _start(self) -> None:
        context = multiprocessing.get_context('forkserver')
        context.set_forkserver_preload([_IMPORTED])  # so that processes start quickly
        self.connection, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(self._function, theirs), daemon=True)
        self._process.start()
        theirs.close()
        self._ready = False

    def give(self, task: Any) -> None:
        """Start a task; a new process imports what it needs before the time counts."""
        if not self._ready:
            try:
                self._ready = self.connection.recv()
            except EOFError:
                raise RuntimeError('a worker process cannot start: see its message') from None
        with suppress(OSError):  # it has died: reading the result will show it
            self.connection.send(task)
        self.busy, self._task, self.until = True, task, time.monotonic() + self._limit

    def ended(self) -> bool:
        """Whether the task is done, or the process lost."""
        if self.connection.poll():
            try:
                raised, self._result = self.connection.recv()
            except (EOFError, OSError, pickle.UnpicklingError):
                self._lose('crashes the decoder')
                return True
            if raised:
                raise self._result
            return True
        if time.monotonic() >= self.until:
            self._lose(f'takes longer than {self._limit:g} s')
            return True
        return False

    def _lose(self, why: str) -> None:
        self._result = LostError(why)
        self.stop()
        self._start()

    def take(self) -> tuple[Any, Any]:
        """Return the task and its result."""
        self.busy = False
        return self._task, self._result

    def stop(self) -> None:
        """Kill the process."""
        self._process.kill()
        self._process.join()
        self.connection.close()


def _serve(function: Callable, connection: Connection) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent ends its workers
    parent = multiprocessing.parent_process()

    def leave_with_parent() -> None:
        assert parent is not None  # this is a child
        parent.join()
        os._exit(1)

    threading.Thread(target=leave_with_parent, daemon=True).start()
    connection.send(True)
    with suppress(EOFError):
        while True:
            task = connection.recv()
            try:
                answer = False, function(task)
            except Exception as error:
                answer = True, error
            connection.send(answer)
