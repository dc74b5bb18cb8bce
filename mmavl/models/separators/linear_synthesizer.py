"""From what was heard and what guides to masks."""

import torch
from torch import Tensor, nn

from mmavl.registry import MODELS
from mmavl.utils.pairs import per_clip_matmul


@MODELS.register_module()
class LinearSynthesizer(nn.Module):
    """Weigh the U-Net's channels by what a guiding vector says, and add them up to mask logits.

    ``sum_k scale_k * sigmoid(fc(norm(guide)))_k * heard_k + bias``. The guides are normalised over
    the batch, since pooled features are much alike and differ in a few channels.

    Args:
        in_channels (int, optional): Of the guiding vector. Defaults to None: the guides are the
            sigmoids themselves, as in the source.
        channels (int): Of the U-Net's output. Defaults to 32.

    Shape:
        - guides: [S, in_channels], or [S, channels] in [0, 1]; heard:
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
        """Make a mask's logits for each source."""
        if self.in_channels is not None:
            guides = self.fc(self.norm(guides)).sigmoid()
        weights = guides * self.scale
        logits = per_clip_matmul(weights.to(spectral.dtype), spectral.flatten(2), index)
        return logits.unflatten(1, spectral.shape[-2:]).float() + self.bias
