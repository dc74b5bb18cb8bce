"""Orderly exit on SIGTERM: results are listed and temporary files removed."""

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

TERMINATED = 128 + signal.SIGTERM


@contextmanager
def orderly_termination() -> Iterator[None]:
    """Turn SIGTERM into a SystemExit with code 143 inside the block."""
    if threading.current_thread() is not threading.main_thread():
        yield  # Python allows handlers only in the main thread
        return
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(TERMINATED))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
