"""A random part of a frame."""

import random

import cv2
import numpy as np

from mmavl.errors import ConfigError
from mmavl.registry import TRANSFORMS


@TRANSFORMS.register_module()
class RandomCrop:
    """Keep a part of the frame, its boxes and its consensus map; without a frame, do nothing.

    Boxes are clipped to the part; one outside it has no area left.

    Args:
        size (tuple[int, int]): Height and width of the part in pixels.

    Raises:
        ConfigError: A frame is smaller than that.
    """

    def __init__(self, size: tuple[int, int]) -> None:
        self.size = tuple(size)

    def __call__(self, results: dict) -> dict:
        """Crop the image."""
        if 'image' not in results:
            return results
        height, width = results['image'].shape[:2]
        down, across = height - self.size[0], width - self.size[1]
        if down < 0 or across < 0:
            raise ConfigError(
                f'RandomCrop of {self.size[0]} x {self.size[1]} px is larger than a frame of '
                f'{height} x {width} px: put a Resize in front of it'
            )
        top, left = random.randint(0, down), random.randint(0, across)
        results['image'] = np.ascontiguousarray(
            results['image'][top : top + self.size[0], left : left + self.size[1]]
        )
        x, y = left / width, top / height
        part = x, y, x + self.size[1] / width, y + self.size[0] / height
        if 'boxes' in results:
            results['boxes'] = crop_boxes(results['boxes'], part)
        if 'gt_map' in results:
            results['gt_map'] = crop_map(results['gt_map'], part)
            results.pop('annotators', None)
        return results


def crop_boxes(boxes: np.ndarray, part: tuple[float, float, float, float]) -> np.ndarray:
    """Normalised xywh boxes [n, 4] within a part (x1, y1, x2, y2) of the frame."""
    low, size = np.array(part[:2]), np.subtract(part[2:], part[:2])
    first = ((boxes[:, :2] - low) / size).clip(0, 1)
    last = ((boxes[:, :2] + boxes[:, 2:] - low) / size).clip(0, 1)
    return np.concatenate([first, last - first], axis=1).astype(boxes.dtype)


def crop_map(gt_map: np.ndarray, part: tuple[float, float, float, float]) -> np.ndarray:
    """The part (x1, y1, x2, y2) of a consensus map [h, w], brought to the map's size again."""
    rows, columns = gt_map.shape
    x1, y1, x2, y2 = (round(edge * side) for edge, side in zip(part, (columns, rows) * 2))
    return cv2.resize(gt_map[y1:y2, x1:x2], (columns, rows), interpolation=cv2.INTER_NEAREST)
