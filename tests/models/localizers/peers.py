"""Helpers for tests of the field's localizers."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mmavl.registry import MODELS


class Given(nn.Module):
    """A backbone that returns its input."""

    def forward(self, inputs: Tensor) -> Tensor:
        """The input."""
        return inputs


def given_backbones() -> dict[str, dict]:
    """Configs of two backbones that return their inputs."""
    if 'Given' not in MODELS.module_dict:
        MODELS.register_module(name='Given', module=Given)
    return {'audio_backbone': {'type': 'Given'}, 'visual_backbone': {'type': 'Given'}}


def random_units(clips: int = 4, width: int = 6, side: int = 3) -> tuple[Tensor, Tensor, Tensor]:
    """Unit vectors of sounds [N, d] and of cells [N, d, h, w], and the clips' numbers."""
    generator = torch.Generator().manual_seed(0)
    audio = torch.randn(clips, width, generator=generator)
    visual = torch.randn(clips, width, side, side, generator=generator)
    return F.normalize(audio, dim=1), F.normalize(visual, dim=1), torch.arange(clips)


def equal_units(cosine: float, clips: int = 4) -> tuple[Tensor, Tensor, Tensor]:
    """The same, with one cosine between any sound and any cell."""
    audio = torch.tensor([[1.0, 0.0]]).expand(clips, 2)
    cell = torch.tensor([cosine, (1 - cosine**2) ** 0.5])
    return audio, cell[None, :, None, None].expand(clips, 2, 3, 3), torch.arange(clips)
