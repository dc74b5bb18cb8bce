"""Which part of a sound to keep."""

import random

_CROPS = ('random', 'centre', 'start')


def crop_start(length: float, wanted: float, crop: str) -> float:
    """Where a stretch of ``wanted`` begins inside ``length``, both in the same unit.

    Args:
        length (float): What there is.
        wanted (float): What to keep, not more than ``length``.
        crop (str): 'random', 'centre' or 'start'.

    Returns:
        float: The beginning, from 0 to ``length - wanted``.
    """
    if crop == 'random':
        return random.uniform(0, length - wanted)
    return (length - wanted) / 2 if crop == 'centre' else 0.0


def check_crop(crop: str) -> None:
    """Raise ValueError unless :func:`crop_start` knows the rule."""
    if crop not in _CROPS:
        raise ValueError(f'crop={crop!r} must be one of {", ".join(_CROPS)}')
