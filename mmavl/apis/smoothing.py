"""Averaging what was found in a video over time."""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np

from .localization import AGNOSTIC, Localization


def smooth(
    found: Iterable[Localization], seconds: float, threshold: float
) -> Iterator[Localization]:
    """Average over neighbours in time.

    A neighbour dt seconds away weighs ``1 - dt / (seconds + step)``, step being the time between
    two of them: all within ``seconds`` take part. Probabilities are averaged so; in the average of
    a class's maps each one weighs by the class's probability as well, since the map of a class
    that is silent means nothing.

    Args:
        found (Iterable[Localization]): By time, at equal steps, with the same maps each.
        seconds (float): How far to reach in either direction. 0 changes nothing.
        threshold (float): The probability from which a class counts as sounding.

    Yields:
        Localization: As many as there were; no more than those within reach are kept.
    """
    near: deque[Localization] = deque()
    done = 0  # of near, how many have been given
    for item in found:
        near.append(item)
        while done < len(near) and item.time - near[done].time > seconds + 1e-6:
            yield _average(near, done, seconds, threshold)
            done += 1
            while near[done].time - near[0].time > seconds + 1e-6:
                near.popleft()
                done -= 1
    while done < len(near):
        yield _average(near, done, seconds, threshold)
        done += 1


def _average(
    near: Iterable[Localization], centre: int, seconds: float, threshold: float
) -> Localization:
    items = list(near)
    here = items[centre]
    items = [item for item in items if abs(item.time - here.time) <= seconds + 1e-6]
    if len(items) == 1:
        return here
    step = (items[-1].time - items[0].time) / (len(items) - 1)
    weights = np.array([1 - abs(item.time - here.time) / (seconds + step) for item in items])
    heard, seen = (
        {k: float(np.average([getattr(i, name)[k] for i in items], weights=weights)) for k in own}
        for name, own in (('heard', here.heard), ('seen', here.seen))
    )
    maps = {}
    for label in here.maps:
        shares = weights * [max(item.heard.get(label, 1.0), 1e-6) for item in items]
        stack = np.stack([item.maps[label] for item in items])
        maps[label] = np.average(stack, axis=0, weights=shares).astype(np.float32)
    sounding = sorted((k for k in heard if heard[k] >= threshold), key=lambda k: -heard[k])
    return replace(
        here,
        heard=heard,
        seen=seen,
        maps=maps,
        sounding=[AGNOSTIC] if AGNOSTIC in maps else sounding,
    )
