"""The recurrent half of the CRNN audio tagger."""

import torch
from torch import Tensor, nn

from mmavl.registry import MODELS


@MODELS.register_module()
class LinearSoftmaxPool(nn.Module):
    """Pool frame-wise probabilities into a clip-wise one, weighting each frame by itself.

    ``p = sum_t(p_t ** 2) / sum_t(p_t)``: confident frames count more, so a short sound is not
    averaged away by the silence around it.

    Args:
        dim: The time dimension. Defaults to 1.
        eps: Guards an all-zero clip. Defaults to 1e-7.

    Shape:
        - input: probabilities in [0, 1], [N, T, C]
        - output: [N, C]

    Source: Y. Wang et al., "A comparison of five multiple instance learning pooling functions",
    ICASSP 2019; the pooling of the CRNN taggers that the paper builds on.
    """

    def __init__(self, dim: int = 1, eps: float = 1e-7) -> None:
        super().__init__()
        self.dim = dim
        self.eps = eps

    def forward(self, probs: Tensor) -> Tensor:
        """Pool probabilities over time."""
        return probs.square().sum(self.dim) / probs.sum(self.dim).clamp_min(self.eps)


@MODELS.register_module()
class GRUTagHead(nn.Module):
    """Bidirectional GRU, a linear layer, and linear-softmax pooling over time.

    Args:
        in_channels: Channels of F_a times its height in frequency. Defaults to 1024 (512 x 2).
        num_classes: C.
        hidden: Units of the GRU in each direction. Defaults to 128.

    Shape:
        - input: F_a [N, c, t, f] with c * f = in_channels
        - output: logits [N, C]

    Source: section 3.1 of the paper (CRNN).
    """

    def __init__(self, num_classes: int, in_channels: int = 1024, hidden: int = 128) -> None:
        super().__init__()
        self.gru = nn.GRU(in_channels, hidden, bidirectional=True, batch_first=True)
        self.fc = nn.Linear(2 * hidden, num_classes)
        self.pool = LinearSoftmaxPool()

    def forward(self, features: Tensor) -> Tensor:
        """Map F_a to logits [N, C]."""
        sequence = features.permute(0, 2, 1, 3).flatten(2)
        hidden, _ = self.gru(sequence)
        with torch.autocast(features.device.type, enabled=False):
            pooled = self.pool(self.fc(hidden.float()).sigmoid())
            return torch.logit(pooled, eps=1e-6)
