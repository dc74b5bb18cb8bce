"""Mirroring frames."""

import random

import numpy as np

from mmavl.registry import TRANSFORMS


@TRANSFORMS.register_module()
class RandomFlip:
    """Mirror the frame, its boxes and its consensus map left to right; do nothing without a frame.

    Args:
        prob (float): The probability of mirroring. Defaults to 0.5.
    """

    def __init__(self, prob: float = 0.5) -> None:
        self.prob = prob

    def __call__(self, results: dict) -> dict:
        """Mirror the image at random."""
        if 'image' not in results or random.random() >= self.prob:
            return results
        results['image'] = np.ascontiguousarray(results['image'][:, ::-1])
        flip_references(results)
        return results


def flip_references(results: dict) -> None:
    """Mirror all annotated positions in the frame, in place.

    The annotators' boxes are dropped: the mirrored map contains their information.
    """
    if 'boxes' in results:
        results['boxes'] = flip_boxes(results['boxes'])
    if 'gt_map' in results:
        results['gt_map'] = results['gt_map'][:, ::-1]
        results.pop('annotators', None)


def flip_boxes(boxes: np.ndarray) -> np.ndarray:
    """Mirror normalised xywh boxes [n, 4] left to right."""
    boxes = boxes.copy()
    boxes[:, 0] = 1 - boxes[:, 0] - boxes[:, 2]
    return boxes
