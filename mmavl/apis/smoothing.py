"""Averaging the results of a video over time."""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Protocol, TypeVar

import numpy as np

from mmavl.models.naming import Naming

from .localization import AGNOSTIC, Localization


class HasTime(Protocol):
    """Anything with a time in seconds."""

    @property
    def time(self) -> float:
        """Seconds."""


Timed = TypeVar('Timed', bound=HasTime)


def smooth(
    found: Iterable[Localization], seconds: float, naming: Naming
) -> Iterator[Localization]:
    """Average over neighbours in time.

    A neighbour at a distance of dt seconds has the weight ``1 - dt / (seconds + step)``, where
    step is the time between two results: all within ``seconds`` are included. Probabilities are
    averaged in this way; maps are also weighted by the probability of their class, since the map
    of a silent class means nothing.

    Args:
        found (Iterable[Localization]): In order of time, at equal steps. Results without a map of
            a class are left out of the average of its maps.
        seconds (float): Range in both directions. 0 changes nothing.
        naming (Naming): Selects the classes to report.

    Yields:
        Localization: The same number; only those within range are kept in memory.
    """
    # the results of a video have a time
    for items, here in neighbourhoods(found, seconds):  # type: ignore[type-var]
        yield _average(items, here, seconds, naming)


def neighbourhoods(items: Iterable[Timed], seconds: float) -> Iterator[tuple[list[Timed], Timed]]:
    """For each item, all items within a time before and after it, and the item itself.

    Args:
        items (Iterable): With a ``time`` in seconds, in order of it.
        seconds (float): Range in both directions.

    Yields:
        tuple[list, Any]: In order; only items within range are kept in memory.
    """
    near: deque[Timed] = deque()
    done = 0  # number of items in near that have been yielded
    for item in items:
        near.append(item)
        while done < len(near) and item.time - near[done].time > seconds + 1e-6:
            yield _within(near, near[done], seconds), near[done]
            done += 1
            while near[done].time - near[0].time > seconds + 1e-6:
                near.popleft()
                done -= 1
    while done < len(near):
        yield _within(near, near[done], seconds), near[done]
        done += 1


def _within(near: Iterable[Timed], here: Timed, seconds: float) -> list[Timed]:
    return [item for item in near if abs(item.time - here.time) <= seconds + 1e-6]


def time_weights(items: Sequence[Timed], here: Timed, seconds: float) -> np.ndarray:
    """Weights ``1 - dt / (seconds + step)`` of a neighbourhood, where step is its mean step."""
    if len(items) == 1:
        return np.ones(1)
    step = (items[-1].time - items[0].time) / (len(items) - 1)
    return np.array([1 - abs(item.time - here.time) / (seconds + step) for item in items])


def _average(
    items: Sequence[Localization], here: Localization, seconds: float, naming: Naming
) -> Localization:
    if len(items) == 1:
        return here
    weights = time_weights(items, here, seconds)  # type: ignore[type-var]  # as above
    audio_probs, visual_probs, kind_probs = (
        {k: float(np.average([getattr(i, name)[k] for i in items], weights=weights)) for k in own}
        for name, own in (
            ('audio_probs', here.audio_probs),
            ('visual_probs', here.visual_probs),
            ('kind_probs', here.kind_probs),
        )
    )
    maps = {}
    for label in dict.fromkeys(label for item in items for label in item.maps):
        own = [(w, item) for w, item in zip(weights, items) if label in item.maps]
        shares = [weight * max(item.audio_probs.get(label, 1.0), 1e-6) for weight, item in own]
        stack = np.stack([item.maps[label] for _, item in own])
        maps[label] = np.average(stack, axis=0, weights=shares).astype(np.float32)
    sounding = [AGNOSTIC] if AGNOSTIC in maps else naming.sounding(audio_probs)
    return replace(
        here,
        audio_probs=audio_probs,
        visual_probs=visual_probs,
        maps=maps,
        sounding=sounding,
        off_screen=naming.off_screen(sounding, visual_probs),
        kind_probs=kind_probs,
        kinds=naming.finer(sounding, kind_probs),
    )
