"""Random changes of loudness."""

import random

import numpy as np

from mmavl.registry import TRANSFORMS


@TRANSFORMS.register_module()
class AudioGain:
    """Change the loudness by a random number of decibels.

    Args:
        decibels (tuple[float, float]): The smallest and largest change. Defaults to (-6, 6).
    """

    def __init__(self, decibels: tuple[float, float] = (-6.0, 6.0)) -> None:
        self.decibels = decibels

    def __call__(self, results: dict) -> dict:
        """Scale the waveform."""
        if 'waveform' in results:
            gain = 10 ** (random.uniform(*self.decibels) / 20)
            results['waveform'] = results['waveform'] * np.float32(gain)
        return results
