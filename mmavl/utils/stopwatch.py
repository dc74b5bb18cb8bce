"""Measuring how long computations take on a machine that does other things, too."""

import time
from collections.abc import Sequence
from statistics import fmean

import torch


class Stopwatch:
    """Seconds between two laps, with all work of a GPU done.

    On a CPU it is the time of the clock or that of the process on all cores, whichever is
    shorter, so that other programs on the same cores do not count.
    """

    def __init__(self) -> None:
        self._last = self._now()

    def lap(self) -> float:
        """The seconds since the last lap, or since the start."""
        now = self._now()
        passed = [end - start for start, end in zip(self._last, now)]
        self._last = now
        return min(passed)

    @staticmethod
    def _now() -> tuple[float, ...]:
        if torch.cuda.is_available():
            torch.cuda.synchronize()
            return (time.perf_counter(),)
        return time.perf_counter(), time.process_time()


def fastest_half(seconds: Sequence[float]) -> float:
    """The mean of the faster half: other programs make a machine slower, never faster.

    Args:
        seconds (Sequence[float]): At least one.
    """
    ranked = sorted(seconds)
    return fmean(ranked[: (len(ranked) + 1) // 2])
