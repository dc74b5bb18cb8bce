"""Mirroring cached features."""

import random

import numpy as np

from mmavl.registry import TRANSFORMS

from .random_flip import flip_references


@TRANSFORMS.register_module()
class FlipFeatures:
    """Mirror the cached features of a frame, and its references; do nothing without features.

    Convolutions trained on mirrored images give nearly mirrored features for a mirrored image,
    so this replaces :class:`RandomFlip` where the image itself is not loaded. It draws no
    random number while the features are still to be computed.

    Args:
        prob (float): The probability of mirroring. Defaults to 0.5.
    """

    def __init__(self, prob: float = 0.5) -> None:
        self.prob = prob

    def __call__(self, results: dict) -> dict:
        """Mirror ``image_features`` [c, h, w] at random."""
        if 'image_features' not in results or random.random() >= self.prob:
            return results
        features = results['image_features']
        results['image_features'] = np.ascontiguousarray(features[..., ::-1])
        flip_references(results)
        return results
