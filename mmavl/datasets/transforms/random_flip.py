"""Mirroring frames."""

import random

import numpy as np

from mmavl.registry import TRANSFORMS


@TRANSFORMS.register_module()
class RandomFlip:
    """Mirror the frame and its boxes left to right; without a frame, nothing.

    Args:
        prob (float): How often. Defaults to 0.5.
    """

    def __init__(self, prob: float = 0.5) -> None:
        self.prob = prob

    def __call__(self, results: dict) -> dict:
        """Mirror the image, or not."""
        if 'image' not in results or random.random() >= self.prob:
            return results
        results['image'] = np.ascontiguousarray(results['image'][:, ::-1])
        if 'boxes' in results:
            results['boxes'] = flip_boxes(results['boxes'])
        return results


def flip_boxes(boxes: np.ndarray) -> np.ndarray:
    """Mirror normalised xywh boxes [n, 4] left to right."""
    boxes = boxes.copy()
    boxes[:, 0] = 1 - boxes[:, 0] - boxes[:, 2]
    return boxes
