"""Keeping one connected region per map."""

import torch
from torch import Tensor
from torch.nn import functional as F

from mmavl.registry import MODELS

from .base_map_transform import BaseMapTransform, MapContext


def connected_to_peak(maps: Tensor, early_stop: bool = True) -> Tensor:
    """Suppress what is not connected to the maximum: [P, h, w] -> [P, h, w].

    Each cell gets the largest possible minimum along a path to the maximum, over eight
    neighbours. At each threshold, only the region around the maximum remains.

    Args:
        maps: [P, h, w].
        early_stop: Stop when nothing changes. Otherwise the number of steps depends only on h
            and w, as exported graphs require; the result is the same. Defaults to True.

    Source: reconstruction by dilation, L. Vincent, IEEE Transactions on Image Processing 1993.
    """
    if early_stop and not len(maps):
        return maps
    peaks = maps.amax((-2, -1), keepdim=True)
    reached = maps.where(maps == peaks, maps.amin((-2, -1), keepdim=True))
    # The cells of a 2 x 2 square are all neighbours, so a shortest path has at most two of them.
    blocks = ((maps.shape[-2] + 1) // 2) * ((maps.shape[-1] + 1) // 2)
    for _ in range(2 * blocks):
        grown = F.max_pool2d(reached[:, None], 3, 1, 1)[:, 0].minimum(maps)
        if early_stop and torch.equal(grown, reached):
            break
        reached = grown
    return reached


@MODELS.register_module()
class ConnectedToPeak(BaseMapTransform):
    """Suppress each map where it is not connected to its maximum.

    Keeps one object per class and frame (an extension); see :func:`connected_to_peak`.
    """

    def forward(self, maps: Tensor, context: MapContext | None = None) -> Tensor:
        """Process maps [P, h, w]."""
        return connected_to_peak(maps, early_stop=not torch.compiler.is_exporting())
