"""The view of a video at any time."""

from collections.abc import Iterable

import numpy as np

from mmavl.visualization.drawing import Box
from mmavl.visualization.video_frame import View


class Timeline:
    """Views at any times in increasing order, interpolated between those given.

    Args:
        views (Iterable[tuple[float, View]]): Times in seconds, in order, and their views.
    """

    def __init__(self, views: Iterable[tuple[float, View]]) -> None:
        self._views = iter(views)
        self._before: tuple[float, View] | None = None
        self._after = next(self._views, None)

    def at(self, time: float) -> View:
        """The view at a time: heat fades, boxes move; names and boxes are those of the nearer one.

        Args:
            time (float): Seconds; not before that of the last call.
        """
        while self._after is not None and self._after[0] <= time:
            self._before, self._after = self._after, next(self._views, None)
        before, after = self._before or self._after, self._after or self._before
        if before is None or after is None:
            return View()
        span = after[0] - before[0]
        share = min(max((time - before[0]) / span, 0.0), 1.0) if span > 0 else 0.0
        return between(before[1], after[1], share)

    def finish(self) -> None:
        """Read the remaining views."""
        for _ in self._views:
            pass


def between(before: View, after: View, share: float) -> View:
    """The view at a share from 0 to 1 of the way from one to another."""
    nearer = after if share > 0.5 else before
    maps: dict[str, np.ndarray] = {}
    for label in {**nearer.maps, **before.maps, **after.maps}:
        first = (before if label in before.maps else after).maps[label]
        last = (after if label in after.maps else before).maps[label]
        maps[label] = (1 - share) * first + share * last
    return View(
        maps=maps,
        strengths={
            k: (1 - share) * before.strengths.get(k, 0.0) + share * after.strengths.get(k, 0.0)
            for k in maps
        },
        boxes={
            k: _moved(before.boxes.get(k, box), after.boxes.get(k, box), share)
            for k, box in nearer.boxes.items()
        },
        scores=nearer.scores,
        kinds=nearer.kinds,
    )


def _moved(before: Box, after: Box, share: float) -> Box:
    left, top, right, bottom = ((1 - share) * a + share * b for a, b in zip(before, after))
    return left, top, right, bottom
