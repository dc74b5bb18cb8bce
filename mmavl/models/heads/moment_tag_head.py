"""Tagging moment by moment with a linear layer."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mmavl.registry import MODELS
from mmavl.utils.autocast import full_precision

from .classifier_rows import start_from
from .gru_tag_head import LinearSoftmaxPool

#: A tagger's probabilities of what does not sound are small, and still need a gradient.
_LEAST, _GREATEST = 1e-12, 1 - 1e-6


@MODELS.register_module()
class MomentTagHead(nn.Module):
    """A linear layer on every moment of a sound, then linear-softmax pooling over time.

    With YAMNet's last map, ``window=3`` and YAMNet's rows, it is YAMNet's classifier on patches
    of 0.96 s.

    Args:
        num_classes (int): C.
        in_channels (int): Channels of F_a. Defaults to 1024.
        window (int): Cells in time that a moment is averaged over; all frequencies are. Defaults
            to 3.
        rows (dict, optional): Config of the classifier's rows that the layer starts from, e.g.
            ``YAMNetRows``. Defaults to None: random weights.
        frozen (bool): Whether only the bias is trained. Defaults to False.

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
        super().__init__()
        self.in_channels = in_channels
        self.window = window
        self.fc = nn.Linear(in_channels, num_classes)
        self.pool = LinearSoftmaxPool()
        start_from(self.fc, rows, frozen)

    def forward(self, features: Tensor) -> Tensor:
        """Map F_a to logits [N, C]."""
        with full_precision(features.device):
            frames = features.float().mean(-1)
            window = min(self.window, frames.shape[-1])
            moments = F.avg_pool1d(frames, window, 1).mT
            pooled = self.pool(self.fc(moments).sigmoid())
            return torch.logit(pooled.clamp(_LEAST, _GREATEST))

    def channel_weights(self, classes: Tensor) -> Tensor:
        """Grad-CAM's channel weights in closed form, up to a positive factor of each pair.

        A moment's logit is linear in its features and the pooled logit grows with each of them,
        so that the mean gradient is the class's row times a positive number, which cancels in
        Eq. 5.

        Args:
            classes: long [P].

        Returns:
            [P, in_channels].
        """
        return self.fc.weight[classes]

    def all_channel_weights(self, features: Tensor) -> Tensor:
        """:meth:`channel_weights` of every class, F_a [N, c, t, f] -> [N, C, c], detached."""
        return self.fc.weight.detach().expand(len(features), -1, -1)
