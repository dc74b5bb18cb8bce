"""Where a map peaks in the frame of a case."""

from dataclasses import dataclass

import numpy as np
import torch

from mmavl.evaluation.functional import resize_maps

from .cases import Box, Case

#: Side of the grid on which maxima are found, in pixels, as in common protocols.
GRID = 224


@dataclass(frozen=True)
class Hit:
    """The box that contains the maximum of a map, as shares of 1.

    Attributes:
        own (float): The box of the sounding object.
        silent (float): A silent object's box, outside the first.
        other (float): The box of another sounding object, outside the first.
    """

    own: float
    silent: float
    other: float


def peak_of(heat: np.ndarray) -> tuple[float, float] | None:
    """The maximum of a map [h, w] upsampled bilinearly, as (x, y) in 0..1; None if constant."""
    grid = resize_maps(torch.as_tensor(np.asarray(heat, np.float32))[None], GRID)[0]
    if not grid.max() > grid.min():
        return None
    row, column = divmod(int(grid.argmax()), GRID)
    return (column + 0.5) / GRID, (row + 0.5) / GRID


def hit_of(heat: np.ndarray, case: Case) -> Hit:
    """The boxes that contain a map's maximum; a constant map has none."""
    return hit_at(peak_of(heat), case)


def hit_at(point: tuple[float, float] | None, case: Case) -> Hit:
    """The boxes that contain a point (x, y), or None."""
    if point is None:
        return Hit(0.0, 0.0, 0.0)
    own = inside(point, case.mark.box)
    silent = not own and any(inside(point, mark.box) for mark in case.silent)
    other = not own and any(inside(point, mark.box) for mark in case.others)
    return Hit(float(own), float(silent), float(other))


def hit_anywhere(case: Case) -> Hit:
    """The expected boxes of a random point in the frame."""
    centres = (np.arange(GRID) + 0.5) / GRID
    x, y = np.meshgrid(centres, centres)
    own = _mask(x, y, case.mark.box)
    silent, other = (
        np.any([_mask(x, y, mark.box) for mark in marks] or [np.zeros_like(own)], axis=0) & ~own
        for marks in (case.silent, case.others)
    )
    return Hit(float(own.mean()), float(silent.mean()), float(other.mean()))


def inside(point: tuple[float, float], box: Box) -> bool:
    """Whether (x, y) is in a box xyxy, including its edges."""
    return box[0] <= point[0] <= box[2] and box[1] <= point[1] <= box[3]


def _mask(x: np.ndarray, y: np.ndarray, box: Box) -> np.ndarray:
    return (box[0] <= x) & (x <= box[2]) & (box[1] <= y) & (y <= box[3])
