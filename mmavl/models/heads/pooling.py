"""Pooling with class-specific maps, Eq. 5."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from mmavl.utils.pairs import per_clip_matmul


@dataclass(frozen=True)
class ClassMaps:
    """The feature maps of a batch, and the class-specific maps W of Eq. 4 for them.

    Attributes:
        features: E_r [N, c, h, w].
        maps: W_r >= 0 [P, h', w'].
        pairs: long [P, 2], the clip (batch index, ascending) and class of each map.
    """

    features: Tensor
    maps: Tensor
    pairs: Tensor

    @property
    def clips(self) -> Tensor:
        """The clip of each map, long [P]."""
        return self.pairs[:, 0]

    @property
    def classes(self) -> Tensor:
        """The class of each map, long [P]."""
        return self.pairs[:, 1]


def weighted_pool(features: Tensor, weights: Tensor, clips: Tensor | None = None) -> Tensor:
    """Eq. 5: the average of features, weighted by a class-specific map.

    The weights are resized to the grid of the features (bilinear); a map that is zero everywhere
    is replaced by uniform weights.

    Args:
        features: E_r [N, c, h, w].
        weights: W >= 0 [P, h', w'].
        clips: long [P], the sample of each map, ascending. Defaults to None: one
            map per sample, P = N.

    Returns:
        f_r [P, c].
    """
    weights = pool_weights(weights, features.shape[-2:])
    if clips is None:
        clips = torch.arange(len(weights), device=weights.device)
    return per_clip_matmul(weights, features.float().flatten(2).mT, clips)


def pool_weights(weights: Tensor, size: Sequence[int]) -> Tensor:
    """Eq. 5's weights on a grid: W >= 0 [P, h', w'] -> [P, h * w], with rows that sum to 1."""
    weights = weights[:, None].float()
    if weights.shape[-2:] != tuple(size):
        weights = F.interpolate(weights, tuple(size), mode='bilinear')
    total = weights.sum((-2, -1), keepdim=True)
    uniform = 1 / (size[0] * size[1])
    return (weights / total.clamp_min(1e-12)).where(total > 1e-12, uniform).flatten(1)


def keep_peaks(maps: Tensor, threshold: float) -> Tensor:
    """Subtract a share of each map's maximum and clip at zero: maps >= 0 [P, h, w]."""
    if not threshold:
        return maps
    return (maps - threshold * maps.amax((-2, -1), keepdim=True)).relu()


def claimed_area(maps: Tensor, clips: Tensor, num_clips: int) -> Tensor:
    """How strongly each cell belongs to any class: [P, h, w], clips [P] -> [N, h, w] in [0, 1].

    Each map is divided by its maximum; the result is the maximum over the maps of a clip.
    """
    scaled = maps / maps.amax((-2, -1), keepdim=True).clamp_min(1e-12)
    claimed = maps.new_zeros(num_clips, *maps.shape[1:])
    index = clips[:, None, None].expand_as(scaled)
    return claimed.scatter_reduce(0, index, scaled, 'amax')
