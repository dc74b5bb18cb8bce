"""Binarising normalised heat maps, each with its own threshold and never one per batch."""

import torch
from torch import Tensor

from .axes import check_axes, check_same


def above_threshold(maps: Tensor, threshold: float) -> Tensor:
    """Pixels strictly above a fixed threshold.

    Shape: [..., H, W] -> bool [..., H, W].
    """
    check_axes('maps', maps, '..., H, W')
    return maps > threshold


def at_least_threshold(maps: Tensor, threshold: float) -> Tensor:
    """Pixels that are equal to a fixed value or above it.

    Shape: [..., H, W] -> bool [..., H, W].
    """
    check_axes('maps', maps, '..., H, W')
    return maps >= threshold


def ranked_value(maps: Tensor, rank: Tensor) -> Tensor:
    """The value at a place in each map's ascending order, counted from 0.

    ``ranked_value(maps, H * W // 2)`` is the median of the published evaluators: the upper one of
    the two middle values.

    Args:
        maps (Tensor): [..., H, W].
        rank (Tensor): long [...], from 0 to H * W - 1.

    Returns:
        Tensor: [..., 1, 1].

    Raises:
        ValueError: A rank is missing or not in a map.
    """
    check_axes('maps', maps, '..., H, W')
    check_same('rank', rank, 'these maps', maps.shape[:-2])
    pixels = maps.shape[-2] * maps.shape[-1]
    if rank.numel() and not 0 <= rank.amin() <= rank.amax() < pixels:
        raise ValueError(
            f'rank is in [{rank.amin()}, {rank.amax()}], but maps have {pixels} pixels'
        )
    rows = maps.reshape(-1, pixels)
    values = [row.kthvalue(place + 1).values for row, place in zip(rows, rank.flatten().tolist())]
    return torch.stack(values).view(*rank.shape, 1, 1) if values else maps[..., :1, :1]


def above_median(maps: Tensor) -> Tensor:
    """Pixels strictly above the median of their map: half of the area if all values differ.

    Published evaluators take the upper of the two middle values instead of the lower one, see
    :func:`ranked_value`, and some keep what is equal to it.

    Shape: [..., H, W] -> bool [..., H, W].
    """
    check_axes('maps', maps, '..., H, W')
    # the lower of the two middle values: values strictly above it are also above their mean
    median = maps.flatten(-2).median(-1).values
    return maps > median[..., None, None]


def top_pixels(maps: Tensor, count: Tensor) -> Tensor:
    """The highest pixels of each map, exactly as many as requested.

    Among equal pixels at the limit, the first ones in reading order are selected.

    Args:
        maps (Tensor): [..., H, W].
        count (Tensor): Number of pixels for each map, long [...], at most H * W.

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
            f'count is in [{count.amin()}, {count.amax()}], but maps have {pixels} pixels'
        )
    flat = maps.flatten(-2)
    # the smallest selected value; fully sorting each map is seven times slower
    ranks = (flat.shape[-1] + 1 - count.clamp_min(1)).flatten().tolist()
    rows = flat.reshape(-1, flat.shape[-1])
    last = torch.stack([row.kthvalue(rank).values for row, rank in zip(rows, ranks)])
    last = last.view_as(count)[..., None]
    above = (flat > last) & (count > 0)[..., None]
    tied = flat == last
    missing = count[..., None] - above.sum(-1, keepdim=True)
    return (above | (tied & (tied.cumsum(-1) <= missing))).view_as(maps)
