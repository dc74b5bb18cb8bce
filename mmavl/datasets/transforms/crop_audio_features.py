"""A part of a sound whose features are cached."""

import random

import numpy as np

from mmavl.registry import TRANSFORMS


@TRANSFORMS.register_module()
class CropAudioFeatures:
    """Keep a random stretch of cached audio features, and make the rest 0; without any, nothing.

    For a maximum over features that are not below 0, as those behind a ReLU, this is a crop, and
    the shape stays.

    Args:
        share (float): Of the time that is kept, above 0 and up to 1. Defaults to 0.6.

    Raises:
        ValueError: The share is not.
    """

    def __init__(self, share: float = 0.6) -> None:
        if not 0 < share <= 1:
            raise ValueError(f'share={share} must be above 0 and at most 1')
        self.share = share

    def __call__(self, results: dict) -> dict:
        """Crop ``audio_features`` [c, t, f]."""
        if 'audio_features' not in results:
            return results
        features = results['audio_features']
        length = max(1, round(self.share * features.shape[1]))
        start = random.randint(0, features.shape[1] - length)
        cropped = np.zeros_like(features)
        cropped[:, start : start + length] = features[:, start : start + length]
        results['audio_features'] = cropped
        return results
