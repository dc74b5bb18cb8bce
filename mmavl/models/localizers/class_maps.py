"""Which classes are valid, and what their maps say: pure functions of tensors."""

from torch import Tensor
from torch.nn import functional as F


def valid_classes(probs: Tensor, threshold: float) -> Tensor:
    """Classes above a threshold, and each clip's best one: [N, C] -> bool [N, C]."""
    best = F.one_hot(probs.argmax(1), probs.shape[1]).bool()
    return (probs > threshold) | best


def claimed_area(maps: Tensor, clips: Tensor, num_clips: int) -> Tensor:
    """How much each cell is claimed by any class: [P, h, w] of clips [P] -> [N, h, w] in [0, 1].

    Each map is divided by its maximum; a cell is claimed as by the map that claims it most.
    """
    scaled = maps / maps.amax((-2, -1), keepdim=True).clamp_min(1e-12)
    claimed = maps.new_zeros(num_clips, *maps.shape[1:])
    index = clips[:, None, None].expand_as(scaled)
    return claimed.scatter_reduce(0, index, scaled, 'amax')


def keep_peaks(maps: Tensor, threshold: float) -> Tensor:
    """What of maps >= 0 [P, h, w] rises above a share of each one's maximum."""
    if not threshold:
        return maps
    return (maps - threshold * maps.amax((-2, -1), keepdim=True)).relu()


def resize_maps(maps: Tensor, size: tuple[int, int]) -> Tensor:
    """Bilinear resize of [P, h, w]."""
    if maps.shape[-2:] == tuple(size):
        return maps
    return F.interpolate(maps[:, None], tuple(size), mode='bilinear')[:, 0]
