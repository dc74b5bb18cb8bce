"""From a normalised heat map to a binary mask. Each map has its own threshold, never a batch's."""

import torch
from torch import Tensor

from .axes import check_axes, check_same


def above_threshold(maps: Tensor, threshold: float) -> Tensor:
    """Pixels strictly above a fixed value.

    Shape: [..., H, W] -> bool [..., H, W].
    """
    check_axes('maps', maps, '..., H, W')
    return maps > threshold


def above_median(maps: Tensor) -> Tensor:
    """Pixels strictly above the median of their own map: half of the area if all values differ.

    Shape: [..., H, W] -> bool [..., H, W].
    """
    check_axes('maps', maps, '..., H, W')
    # the lower of the two middle values: strictly above it is strictly above their mean too
    median = maps.flatten(-2).median(-1).values
    return maps > median[..., None, None]


def top_pixels(maps: Tensor, count: Tensor) -> Tensor:
    """The highest pixels of each map, exactly as many as asked for.

    Of pixels equal to the last one taken, the first in reading order are taken.

    Args:
        maps (Tensor): [..., H, W].
        count (Tensor): How many for each map, long [...], at most H * W.

    Returns:
        Tensor: bool [..., H, W].

    Raises:
        ValueError: A count is missing, negative or above the number of pixels.
    """
    check_axes('maps', maps, '..., H, W')
    check_same('count', count, 'these maps', maps.shape[:-2])
    pixels = maps.shape[-2] * maps.shape[-1]
    if count.numel() and not 0 <= count.amin() <= count.amax() <= pixels:
        raise ValueError(
            f'count lies in [{count.amin()}, {count.amax()}], a map has {pixels} pixels'
        )
    flat = maps.flatten(-2)
    # the last value taken; sorting every map whole takes seven times as long
    ranks = (flat.shape[-1] + 1 - count.clamp_min(1)).flatten().tolist()
    rows = flat.reshape(-1, flat.shape[-1])
    last = torch.stack([row.kthvalue(rank).values for row, rank in zip(rows, ranks)])
    last = last.view_as(count)[..., None]
    above = (flat > last) & (count > 0)[..., None]
    tied = flat == last
    missing = count[..., None] - above.sum(-1, keepdim=True)
    return (above | (tied & (tied.cumsum(-1) <= missing))).view_as(maps)
