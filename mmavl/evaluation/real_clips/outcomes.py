"""Where a map points, in a case's frame."""

from dataclasses import dataclass

import numpy as np
import torch

from mmavl.evaluation.functional import resize_maps

from .cases import Box, Case

#: Pixels of the grid on which maxima are found, as in the field's protocols.
GRID = 224


@dataclass(frozen=True)
class Hit:
    """What the maximum of a map lies in, as shares of 1.

    Attributes:
        own (float): The box of what sounds.
        silent (float): A silent object's box, and not the own one.
        other (float): The box of something else that sounds, and not the own one.
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
    """Where a map's maximum lies; a constant map points nowhere."""
    return hit_at(peak_of(heat), case)


def hit_at(point: tuple[float, float] | None, case: Case) -> Hit:
    """What a point (x, y) lies in; None is nowhere."""
    if point is None:
        return Hit(0.0, 0.0, 0.0)
    own = inside(point, case.mark.box)
    silent = not own and any(inside(point, mark.box) for mark in case.silent)
    other = not own and any(inside(point, mark.box) for mark in case.others)
    return Hit(float(own), float(silent), float(other))


def hit_anywhere(case: Case) -> Hit:
    """What a random point of the frame lies in, expected."""
    centres = (np.arange(GRID) + 0.5) / GRID
    x, y = np.meshgrid(centres, centres)
    own = _mask(x, y, case.mark.box)
    silent, other = (
        np.any([_mask(x, y, mark.box) for mark in marks] or [np.zeros_like(own)], axis=0) & ~own
        for marks in (case.silent, case.others)
    )
    return Hit(float(own.mean()), float(silent.mean()), float(other.mean()))


def inside(point: tuple[float, float], box: Box) -> bool:
    """Whether (x, y) lies in a box xyxy, its edges included."""
    return box[0] <= point[0] <= box[2] and box[1] <= point[1] <= box[3]


def _mask(x: np.ndarray, y: np.ndarray, box: Box) -> np.ndarray:
    return (box[0] <= x) & (x <= box[2]) & (box[1] <= y) & (y <= box[3])
