"""Does it listen? How far localization maps follow the sound."""

from collections.abc import Mapping, Sequence
from statistics import fmean

import numpy as np

#: A maximum has moved if it is this share of the frame's longer side away.
MOVED = 0.1
#: The sounds that a picture is given in place of its own.
SOUNDS = ('silence', 'noise', 'swapped', 'off_screen', 'same_family')
#: A model whose maps change less than this, whatever the sound, does not listen.
BLIND = 0.01


def map_change(own: np.ndarray, other: np.ndarray) -> float:
    """One minus the correlation of two maps: 0 if they are alike, 1 if unrelated, at most 2.

    Args:
        own (ndarray): [h, w].
        other (ndarray): [h, w].

    Returns:
        float: Of two constant maps 0, of a constant and another one 1.
    """
    own, other = (values.astype(np.float64) - values.mean() for values in (own, other))
    scale = np.sqrt((own**2).sum() * (other**2).sum())
    if scale == 0:
        return float(own.any() or other.any())
    return float(np.clip(1 - (own * other).sum() / scale, 0, 2))


def peak_moved(own: np.ndarray, other: np.ndarray) -> bool:
    """Whether the maximum is elsewhere, by more than a tenth of the longer side."""
    first, second = (
        np.array(np.unravel_index(np.argmax(values), values.shape)) for values in (own, other)
    )
    return bool(np.hypot(*(first - second)) > MOVED * max(own.shape))


def whole_change(own: np.ndarray | None, other: np.ndarray | None) -> float:
    """The same for maps of the whole sound, which a model may not give: then nothing it hears is
    shown, and the change from any map is 1.

    Args:
        own (ndarray, optional): [h, w].
        other (ndarray, optional): [h, w].
    """
    if own is None or other is None:
        return float((own is None) != (other is None))
    return map_change(own, other)


def compare(own: Mapping[int, np.ndarray], other: Mapping[int, np.ndarray]) -> dict[str, float]:
    """How far the maps of one picture differ under two sounds.

    Args:
        own (Mapping[int, ndarray]): Label -> map [h, w] under the own sound.
        other (Mapping[int, ndarray]): The same under another one.

    Returns:
        dict[str, float]: ``map_change`` and ``peak_moved``, means over the labels in both; empty
        if there are none.
    """
    labels = sorted(own.keys() & other.keys())
    if not labels:
        return {}
    return {
        'map_change': fmean(map_change(own[label], other[label]) for label in labels),
        'peak_moved': fmean(peak_moved(own[label], other[label]) for label in labels),
    }


def audio_dependence(results: Mapping[str, Sequence[Mapping[str, float]]]) -> dict[str, float]:
    """The means over the clips, and one number for all.

    Args:
        results (Mapping): Sound -> for each clip ``whole_change``, and what :func:`compare` gives.

    Returns:
        dict[str, float]: ``<sound>/<figure>``; and ``dependence``, the change of the whole sound's
        map under sounds that are not on screen, or under swapped ones where clips have no tags.
        It is 0 for a localizer that is blind to sound.
    """
    figures = {}
    for sound, clips in results.items():
        for name in sorted({key for clip in clips for key in clip}):
            figures[f'{sound}/{name}'] = fmean(clip[name] for clip in clips if name in clip)
    for sound in ('off_screen', 'swapped'):
        if f'{sound}/whole_change' in figures:
            return {'dependence': figures[f'{sound}/whole_change'], **figures}
    return figures
