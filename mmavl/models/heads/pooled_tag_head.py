"""Tagging by global average pooling."""

from torch import Tensor

from mmavl.registry import MODELS
from mmavl.utils.autocast import full_precision

from .base_linear_tag_head import BaseLinearTagHead


@MODELS.register_module()
class PooledTagHead(BaseLinearTagHead):
    """Global average pooling and a linear layer.

    Args:
        num_classes: C.
        in_channels: Channels of F_v. Defaults to 512.
        bias: Whether the layer has a bias. Without one, the head equals a 1x1 convolution whose
            map is averaged, and Grad-CAM is that map clipped at zero.
            Defaults to True.
        rows, frozen: See :class:`BaseLinearTagHead`.

    Shape:
        - input: F_v [N, in_channels, h, w]
        - output: logits [N, C], float32: bfloat16 would give many clips equal ranks

    Source: section 3.1 of the paper (ResNet-18's classifier).
    """

    def __init__(
        self,
        num_classes: int,
        in_channels: int = 512,
        bias: bool = True,
        rows: dict | None = None,
        frozen: bool = False,
    ) -> None:
        super().__init__(num_classes, in_channels, bias, rows, frozen)

    def forward(self, features: Tensor) -> Tensor:
        """Map F_v to logits [N, C]."""
        with full_precision(features.device):
            return self.fc(features.float().mean((-2, -1)))
