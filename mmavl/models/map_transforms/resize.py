"""Resizing maps to a common grid."""

from collections.abc import Sequence

from torch import Tensor
from torch.nn import functional as F


def resize_maps(maps: Tensor, size: Sequence[int]) -> Tensor:
    """Bilinear resize of [P, h, w]."""
    if maps.shape[-2:] == tuple(size):
        return maps
    return F.interpolate(maps[:, None], tuple(size), mode='bilinear')[:, 0]
