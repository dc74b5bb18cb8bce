"""The recurrent part of the CRNN audio tagger."""

import torch
from torch import Tensor, nn

from mmavl.registry import MODELS
from mmavl.utils.autocast import full_precision

from .gru_gradients import gru_input_gradient

_LOGIT_EPS = 1e-6


@MODELS.register_module()
class LinearSoftmaxPool(nn.Module):
    """Pool frame-wise probabilities into clip-wise ones, weighting each frame by its probability.

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
        with full_precision(features.device):
            pooled = self.pool(self.fc(hidden.float()).sigmoid())
            return torch.logit(pooled, eps=_LOGIT_EPS)

    def all_channel_weights(self, features: Tensor) -> Tensor:
        """Grad-CAM's channel weights of all classes without autograd, for exported graphs.

        Args:
            features: F_a [N, c, t, f].

        Returns:
            ``mean_tf(d logit / d F_a)`` [N, C, c], detached.
        """
        features = features.detach()
        sequence = features.permute(0, 2, 1, 3).flatten(2)
        probs = self.fc(self.gru(sequence)[0]).sigmoid()  # [N, t, C]
        total = probs.sum(1, keepdim=True)
        pooled = self.pool(probs)[:, None]
        # through the linear-softmax pooling and the sigmoid, to the logits
        grad = (2 * probs - pooled * (total >= self.pool.eps)) / total.clamp_min(self.pool.eps)
        grad = grad * probs * (1 - probs)
        inside = (pooled >= _LOGIT_EPS) & (pooled <= 1 - _LOGIT_EPS)
        slope = pooled * (1 - pooled)
        grad = (grad / slope.clamp_min(_LOGIT_EPS / 2)).where(inside, 0.0)
        grad = grad.transpose(1, 2)[..., None] * self.fc.weight[:, None]  # [N, C, t, 2 * hidden]
        weights = gru_input_gradient(self.gru, sequence, grad).detach()
        return weights.unflatten(-1, (features.shape[1], features.shape[3])).mean(-1)
