"""Which classes are valid, and what their maps say: pure functions of tensors."""

import torch
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


def connected_to_peak(maps: Tensor, early_stop: bool = True) -> Tensor:
    """Lower what does not hang together with the maximum: [P, h, w] -> [P, h, w].

    A cell gets the height of the lowest cell on the best way to the maximum, over its eight
    neighbours: at every threshold, just the region that contains the maximum remains.

    Args:
        maps: [P, h, w].
        early_stop: End when nothing changes any more. If not, the number of steps depends on h
            and w alone, as exported graphs need it; the result is the same. Defaults to True.

    Source: reconstruction by dilation, L. Vincent, IEEE Transactions on Image Processing 1993.
    """
    if early_stop and not len(maps):
        return maps
    peaks = maps.amax((-2, -1), keepdim=True)
    reached = maps.where(maps == peaks, maps.amin((-2, -1), keepdim=True))
    # Four cells in a square neighbour each other, so a shortest way has two of them at most.
    blocks = ((maps.shape[-2] + 1) // 2) * ((maps.shape[-1] + 1) // 2)
    for _ in range(2 * blocks):
        grown = F.max_pool2d(reached[:, None], 3, 1, 1)[:, 0].minimum(maps)
        if early_stop and torch.equal(grown, reached):
            break
        reached = grown
    return reached


def resize_maps(maps: Tensor, size: tuple[int, int]) -> Tensor:
    """Bilinear resize of [P, h, w]."""
    if maps.shape[-2:] == tuple(size):
        return maps
    return F.interpolate(maps[:, None], tuple(size), mode='bilinear')[:, 0]
