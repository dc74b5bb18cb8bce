"""Computing masks from spectral features and guiding vectors."""

import torch
from torch import Tensor, nn

from mmavl.registry import MODELS
from mmavl.utils.pairs import per_clip_matmul


@MODELS.register_module()
class LinearSynthesizer(nn.Module):
    """Weight the U-Net's channels by a guiding vector, and sum them to mask logits.

    ``sum_k scale_k * sigmoid(fc(norm(guide)))_k * spectral_k + bias``. Guides are normalised over
    the batch, since pooled features are similar and differ only in a few channels.

    Args:
        in_channels (int, optional): Channels of the guiding vector. Defaults to None: the guides
            are the sigmoids themselves, as in the source.
        channels (int): Channels of the U-Net's output. Defaults to 32.

    Shape:
        - guides: [S, in_channels], or [S, channels] in [0, 1]; spectral:
          [M, channels, H, W]; index: long [S], ascending
        - output: logits [S, H, W]

    Source: the linear synthesizer (without normalisation) of "The sound of pixels".
    """

    def __init__(self, in_channels: int | None = None, channels: int = 32) -> None:
        super().__init__()
        self.in_channels = in_channels
        if in_channels is not None:
            self.norm = nn.BatchNorm1d(in_channels, eps=1e-8)
            self.fc = nn.Linear(in_channels, channels)
        self.scale = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(()))

    def forward(self, guides: Tensor, spectral: Tensor, index: Tensor) -> Tensor:
        """Compute the mask logits of each source."""
        if self.in_channels is not None:
            guides = self.fc(self.norm(guides)).sigmoid()
        weights = guides * self.scale
        logits = per_clip_matmul(weights.to(spectral.dtype), spectral.flatten(2), index)
        return logits.unflatten(1, spectral.shape[-2:]).float() + self.bias
