"""Sources given to a separator by a box in the frame, or by a separate picture."""

from collections.abc import Mapping
from math import ceil, floor
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from mmavl.errors import DataError
from mmavl.media.image import read_image
from mmavl.visualization.drawing import draw_boxes, fit_image

#: xyxy in pixels of the frame, or RGB uint8 [H, W, 3].
Place = tuple[float, float, float, float] | np.ndarray


def read_places(sources: Mapping[str, Any]) -> dict[str, Place]:
    """The places of sources by name.

    Args:
        sources (Mapping): By name a box (left, top, right, bottom) in pixels of the frame, a
            picture's path, or RGB uint8 [H, W, 3].

    Raises:
        DataError: A picture cannot be read.
        ValueError: A box is invalid or has no area.
    """
    return {name: _place(name, given) for name, given in sources.items()}


def _place(name: str, given: Any) -> Place:
    if isinstance(given, str | Path):
        return read_image(str(given))
    if isinstance(given, np.ndarray) and given.ndim == 3:
        return given
    box = tuple(float(value) for value in given)
    if len(box) != 4 or not (box[0] < box[2] and box[1] < box[3]):
        raise ValueError(f'source {name!r}: {box} is not a box: left, top, right, bottom')
    return box


def view(place: Place, frame: np.ndarray) -> np.ndarray:
    """The picture of a source, or the content of its box in the frame."""
    if isinstance(place, np.ndarray):
        return place
    left, top, right, bottom = place  # rounded outwards, so that thin boxes have at least a pixel
    return frame[floor(top) : ceil(bottom), floor(left) : ceil(right)]


def mark_places(frame: np.ndarray, places: Mapping[str, Place], height: int) -> np.ndarray:
    """The frame at a height in pixels, with boxes and names of the sources."""
    picture = fit_image(frame, height)
    x, y = picture.shape[1] / frame.shape[1], picture.shape[0] / frame.shape[0]
    boxes = {name: p for name, p in places.items() if not isinstance(p, np.ndarray)}
    marks = [
        ((left * x, top * y, right * x, bottom * y), True, name)
        for name, (left, top, right, bottom) in boxes.items()
    ]
    return draw_boxes(picture, marks)


def relative_boxes(places: Mapping[str, Place], size: tuple[int, int], clip: str) -> Tensor:
    """Boxes relative to the frame.

    Args:
        places (Mapping): The places of n sources, by name.
        size (tuple[int, int]): Height and width of the frame in pixels.
        clip (str): The clip's name, for error messages.

    Returns:
        Tensor: xyxy in [0, 1], [n, 4]; the whole picture for sources with a picture.

    Raises:
        DataError: A box is not inside the frame.
    """
    height, width = size
    boxes = []
    for name, place in places.items():
        if isinstance(place, np.ndarray):
            boxes.append([0.0, 0.0, 1.0, 1.0])
            continue
        left, top, right, bottom = place
        if min(left, top) < 0 or right > width or bottom > height:
            raise DataError(
                f'clip {clip!r}: the box {place} of {name!r} is not inside the frame, '
                f'{width} x {height} pixels'
            )
        boxes.append([left / width, top / height, right / width, bottom / height])
    return torch.tensor(boxes)
