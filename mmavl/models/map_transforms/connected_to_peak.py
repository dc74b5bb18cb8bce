"""One connected region for each map."""

import torch
from torch import Tensor
from torch.nn import functional as F

from mmavl.registry import MODELS

from .base_map_transform import BaseMapTransform, MapContext


def connected_to_peak(maps: Tensor, early_stop: bool = True) -> Tensor:
    """Lower what does not hang together with the maximum: [P, h, w] -> [P, h, w].

    A cell gets the height of the lowest cell on the best way to the maximum, over its eight
    neighbours: at every threshold, just the region that contains the maximum remains.

    Args:
        maps: [P, h, w].
        early_stop: End when nothing changes any more. If not, the number of steps depends on h
            and w alone, as exported graphs need it; the result is the same. Defaults to True.

    Source: reconstruction by dilation, L. Vincent, IEEE Transactions on Image Processing 1993.
    """
    if early_stop and not len(maps):
        return maps
    peaks = maps.amax((-2, -1), keepdim=True)
    reached = maps.where(maps == peaks, maps.amin((-2, -1), keepdim=True))
    # Four cells in a square neighbour each other, so a shortest way has two of them at most.
    blocks = ((maps.shape[-2] + 1) // 2) * ((maps.shape[-1] + 1) // 2)
    for _ in range(2 * blocks):
        grown = F.max_pool2d(reached[:, None], 3, 1, 1)[:, 0].minimum(maps)
        if early_stop and torch.equal(grown, reached):
            break
        reached = grown
    return reached


@MODELS.register_module()
class ConnectedToPeak(BaseMapTransform):
    """Lower each map where it does not hang together with its maximum.

    One object for each class and frame; see :func:`connected_to_peak`. An extension of ours.
    """

    def forward(self, maps: Tensor, context: MapContext | None = None) -> Tensor:
        """Lower [P, h, w]."""
        return connected_to_peak(maps, early_stop=not torch.compiler.is_exporting())
