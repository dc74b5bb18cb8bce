"""Cosines as scores from 0 to 1."""

from torch import Tensor

from mmavl.registry import MODELS

from .base_map_transform import BaseMapTransform, MapContext


@MODELS.register_module()
class CosineScores(BaseMapTransform):
    """``(1 + cosine) / 2``: what protocols with an absolute threshold ask for.

    Source: SLAVC (S. Mo and P. Morgado, NeurIPS 2022), the default of its published evaluation.
    """

    def forward(self, maps: Tensor, context: MapContext | None = None) -> Tensor:
        """Cosines [P, h, w] -> scores, [P, h, w]."""
        return (1 + maps) / 2
