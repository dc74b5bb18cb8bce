"""Predictions without a model, as baselines of each table."""

import math

import torch
from torch import Tensor

from .axes import check_side


def whole_image(size: int) -> Tensor:
    """The whole frame: bool [size, size]."""
    check_side(size)
    return torch.ones(size, size, dtype=torch.bool)


def centred_disc(size: int) -> Tensor:
    """A centred disc with half of the frame's area: bool [size, size]."""
    check_side(size)
    distance = (torch.arange(size, dtype=torch.float64) - (size - 1) / 2).square()
    return distance[:, None] + distance <= size**2 / (2 * math.pi)
