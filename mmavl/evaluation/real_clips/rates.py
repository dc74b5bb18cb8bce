"""Rates with confidence intervals."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np

_RESAMPLES = 2000


@dataclass(frozen=True)
class Rate:
    """A mean with its confidence interval.

    Attributes:
        mean (float): Mean over the cases.
        low, high (float): Ends of the 95 % interval.
        count (int): Number of cases.
    """

    mean: float
    low: float
    high: float
    count: int

    def __str__(self) -> str:
        return (
            f'{100 * self.mean:.0f} [{100 * self.low:.0f}, {100 * self.high:.0f}] of {self.count}'
        )


def rate_of(values: Sequence[float], clips: Sequence[Hashable]) -> Rate | None:
    """The mean of values, with a 95 % percentile bootstrap over clips.

    Clips are drawn with replacement, each with all of its cases, since cases of one clip are not
    independent. The draws depend only on the data.

    Args:
        values (Sequence[float]): Values of n cases.
        clips (Sequence[Hashable]): The clip of each case.

    Returns:
        Rate | None: None if there are no cases.

    Source: B. Efron and R. Tibshirani, An Introduction to the Bootstrap, 1993.
    """
    if not values:
        return None
    numbers = {clip: number for number, clip in enumerate(dict.fromkeys(clips))}
    of_case = [numbers[clip] for clip in clips]
    sums = np.bincount(of_case, values)
    counts = np.bincount(of_case)
    generator = np.random.default_rng(0)
    drawn = generator.integers(len(numbers), size=(_RESAMPLES, len(numbers)))
    means = sums[drawn].sum(1) / counts[drawn].sum(1)
    low, high = np.percentile(means, [2.5, 97.5])
    return Rate(float(np.mean(values)), float(low), float(high), len(values))
