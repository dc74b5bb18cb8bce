"""Mirroring cached features."""

import random

import numpy as np

from mmavl.registry import TRANSFORMS

from .random_flip import flip_references


@TRANSFORMS.register_module()
class FlipFeatures:
    """Mirror a frame's cached features and its references; without any, do nothing.

    Convolutions trained with mirrored images give nearly the mirrored features of a mirrored
    image, so this stands in for :class:`RandomFlip` where the image itself is not loaded. Where
    the features are still to be computed it draws no random number.

    Args:
        prob (float): How often. Defaults to 0.5.
    """

    def __init__(self, prob: float = 0.5) -> None:
        self.prob = prob

    def __call__(self, results: dict) -> dict:
        """Mirror ``image_features`` [c, h, w], or not."""
        if 'image_features' not in results or random.random() >= self.prob:
            return results
        features = results['image_features']
        results['image_features'] = np.ascontiguousarray(features[..., ::-1])
        flip_references(results)
        return results
