"""A pretrained backbone that is not trained."""

import torch
from torch import Tensor, nn

from mmavl.registry import MODELS


@MODELS.register_module()
class FrozenBackbone(nn.Module):
    """Keep a pretrained backbone unchanged: no gradients, and always in evaluation mode.

    Args:
        backbone: Config of a backbone.

    Shape:
        Same as the wrapped backbone.
    """

    def __init__(self, backbone: dict) -> None:
        super().__init__()
        self.backbone = MODELS.build(backbone)
        self.out_channels = self.backbone.out_channels
        self.backbone.requires_grad_(False)
        self.to(memory_format=torch.channels_last)  # twice as fast for depthwise convolutions
        self.eval()

    def train(self, mode: bool = True) -> 'FrozenBackbone':
        """Stay in evaluation mode: features must not depend on the batch."""
        return super().train(False)

    def forward(self, inputs: Tensor) -> Tensor | tuple[Tensor, ...]:
        """Run the frozen backbone, without gradients."""
        with torch.no_grad():
            return self.backbone(inputs)
