"""Converting heat maps to boxes."""

from dataclasses import dataclass

import cv2
import numpy as np
import torch

from .functional import resize_maps
from .protocols import get_protocol


@dataclass(frozen=True)
class MapBox:
    """A box around one connected region of a map.

    Attributes:
        xyxy (tuple[float, ...]): Left, top, right and bottom edge in pixels of the frame.
        peak (float): The region's maximum, on a scale where the map has minimum 0 and maximum 1.
    """

    xyxy: tuple[float, float, float, float]
    peak: float


def boxes_of_map(
    heat: np.ndarray, size: tuple[int, int], protocol: str = 'half_max', least_area: float = 0.005
) -> list[MapBox]:
    """Boxes around the connected regions where a map is above half of its maximum.

    The map is upsampled to the protocol's grid, normalised and binarised as in its evaluation;
    regions may be connected by edges or corners.

    Args:
        heat (np.ndarray): [h, w]; a map that is constant, empty or not finite has no boxes.
        size (tuple[int, int]): Width and height of the frame in pixels.
        protocol (str): A protocol with a fixed threshold. Defaults to 'half_max'.
        least_area (float): Regions below this share of the frame are dropped. Defaults to 0.005.

    Returns:
        list[MapBox]: Highest peak first.
    """
    if not np.size(heat):
        return []
    rule = get_protocol(protocol)
    grid = resize_maps(torch.as_tensor(np.asarray(heat, np.float32))[None], rule.size)
    if not torch.isfinite(grid).all():
        return []
    scaled = rule.normalise(grid)
    mask = rule.binarise(scaled, scaled)[0].numpy()
    values = scaled[0].numpy()
    count, regions, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    across, down = size[0] / rule.size, size[1] / rule.size
    boxes = []
    for number in range(1, count):
        left, top, width, height, area = (int(value) for value in stats[number])
        if area >= least_area * mask.size:
            edges = left * across, top * down, (left + width) * across, (top + height) * down
            boxes.append(MapBox(edges, float(values[regions == number].max())))
    return sorted(boxes, key=lambda box: -box.peak)
