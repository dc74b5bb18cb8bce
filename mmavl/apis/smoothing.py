"""Averaging the results of a video over time."""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np

from mmavl.models.naming import Naming

from .localization import AGNOSTIC, Localization


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
    near: deque[Localization] = deque()
    done = 0  # number of results in near that have been yielded
    for item in found:
        near.append(item)
        while done < len(near) and item.time - near[done].time > seconds + 1e-6:
            yield _average(near, done, seconds, naming)
            done += 1
            while near[done].time - near[0].time > seconds + 1e-6:
                near.popleft()
                done -= 1
    while done < len(near):
        yield _average(near, done, seconds, naming)
        done += 1


def _average(
    near: Iterable[Localization], centre: int, seconds: float, naming: Naming
) -> Localization:
    items = list(near)
    here = items[centre]
    items = [item for item in items if abs(item.time - here.time) <= seconds + 1e-6]
    if len(items) == 1:
        return here
    step = (items[-1].time - items[0].time) / (len(items) - 1)
    weights = np.array([1 - abs(item.time - here.time) / (seconds + step) for item in items])
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
