"""Frame-wise tagging with a linear layer."""

import torch
from torch import Tensor
from torch.nn import functional as F

from mmavl.registry import MODELS
from mmavl.utils.autocast import full_precision

from .base_linear_tag_head import BaseLinearTagHead
from .gru_tag_head import LinearSoftmaxPool

#: A tagger's probabilities of absent classes are small, but still need a gradient.
_LEAST, _GREATEST = 1e-12, 1 - 1e-6


@MODELS.register_module()
class MomentTagHead(BaseLinearTagHead):
    """A linear layer at each moment of a sound, then linear-softmax pooling over time.

    With YAMNet's last map, ``window=3`` and YAMNet's rows, it equals YAMNet's classifier on
    patches of 0.96 s.

    Args:
        num_classes (int): C.
        in_channels (int): Channels of F_a. Defaults to 1024.
        window (int): Number of time cells to average for a moment; all frequencies are averaged.
            Defaults to 3.
        rows, frozen: See :class:`BaseLinearTagHead`.

    Shape:
        - input: F_a [N, in_channels, t, f]
        - output: logits [N, C], float32
    """

    def __init__(
        self,
        num_classes: int,
        in_channels: int = 1024,
        window: int = 3,
        rows: dict | None = None,
        frozen: bool = False,
    ) -> None:
        super().__init__(num_classes, in_channels, rows=rows, frozen=frozen)
        self.window = window
        self.pool = LinearSoftmaxPool()

    def forward(self, features: Tensor) -> Tensor:
        """Map F_a to logits [N, C]."""
        with full_precision(features.device):
            frames = features.float().mean(-1)
            window = min(self.window, frames.shape[-1])
            moments = F.avg_pool1d(frames, window, 1).mT
            pooled = self.pool(self.fc(moments).sigmoid())
            return torch.logit(pooled.clamp(_LEAST, _GREATEST))
