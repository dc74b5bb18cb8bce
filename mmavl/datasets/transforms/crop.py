"""Positions of audio crops."""

import random

_CROPS = ('random', 'centre', 'start')


def crop_start(length: float, wanted: float, crop: str) -> float:
    """The start of a crop of ``wanted`` inside ``length``, both in the same unit.

    Args:
        length (float): The available length.
        wanted (float): The length to keep, at most ``length``.
        crop (str): 'random', 'centre' or 'start'.

    Returns:
        float: The start, from 0 to ``length - wanted``.
    """
    if crop == 'random':
        return random.uniform(0, length - wanted)
    return (length - wanted) / 2 if crop == 'centre' else 0.0


def check_crop(crop: str) -> None:
    """Raise ValueError for a rule that :func:`crop_start` does not have."""
    if crop not in _CROPS:
        raise ValueError(f'crop={crop!r} must be one of {", ".join(_CROPS)}')
