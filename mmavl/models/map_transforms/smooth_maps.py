"""Smoothing maps over neighbouring cells."""

from torch import Tensor
from torch.nn import functional as F

from mmavl.registry import MODELS

from .base_map_transform import BaseMapTransform, MapContext


def smooth_maps(maps: Tensor, side: int) -> Tensor:
    """Average over squares with an odd side, without padding: [P, h, w] -> [P, h, w]."""
    return F.avg_pool2d(maps, side, 1, side // 2, count_include_pad=False)


@MODELS.register_module()
class SmoothMaps(BaseMapTransform):
    """Average each map over squares, without padding.

    Eq. 5 pools regions; a single cell is noisier.

    Args:
        side (int): Side of the squares in cells; odd. Defaults to 3.

    Raises:
        ValueError: The side is even or below 1.
    """

    def __init__(self, side: int = 3) -> None:
        super().__init__()
        if side < 1 or side % 2 == 0:
            raise ValueError(f'side={side} must be an odd number of cells')
        self.side = side

    def forward(self, maps: Tensor, context: MapContext | None = None) -> Tensor:
        """Smooth [P, h, w]."""
        return smooth_maps(maps, self.side)
