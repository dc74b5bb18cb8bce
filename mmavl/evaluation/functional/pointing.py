"""Where the maximum of a map lies."""

import torch
from torch import Tensor

from .axes import check_axes, check_same


def peak_shares(maps: Tensor, regions: Tensor, num_regions: int) -> Tensor:
    """Share of a map's maximum that lies in each region of the frame (the pointing game).

    A maximum shared by several pixels counts by the share of them in a region: the chance to hit
    it with one of them drawn at random. So a constant map scores what the region covers of the
    frame, however its pixels are ordered, and nothing is won or lost by the tie.

    Args:
        maps (Tensor): Heat maps [N, H, W], without nan.
        regions (Tensor): The region of every pixel, int [N, H, W] in [0, num_regions).
        num_regions (int): R.

    Returns:
        Tensor: float64 [N, R]; rows sum to 1.

    Raises:
        ValueError: The shapes differ, or a region is not in [0, num_regions).
    """
    check_axes('maps', maps, 'N, H, W')
    peaks = maps == maps.amax((-2, -1), keepdim=True)
    return mask_shares(peaks, regions, num_regions)


def mask_shares(masks: Tensor, regions: Tensor, num_regions: int) -> Tensor:
    """Share of a mask's pixels that lies in each region of the frame.

    Args:
        masks (Tensor): bool [N, H, W], at least one pixel in each.
        regions (Tensor): int [N, H, W] in [0, num_regions).
        num_regions (int): R.

    Returns:
        Tensor: float64 [N, R]; rows sum to 1.

    Raises:
        ValueError: The shapes differ, or a region is not in [0, num_regions).
    """
    check_axes('masks', masks, 'N, H, W')
    check_same('regions', regions, 'these maps', masks.shape)
    if len(regions) and not 0 <= regions.amin() <= regions.amax() < num_regions:
        raise ValueError(
            f'regions lie in [{regions.amin()}, {regions.amax()}], not in [0, {num_regions})'
        )
    first = torch.arange(len(masks), dtype=regions.dtype, device=masks.device) * num_regions
    slots = (regions + first[:, None, None]).flatten()
    counts = torch.bincount(slots, masks.flatten().float(), len(masks) * num_regions)
    counts = counts.double().view(len(masks), num_regions)
    return counts / counts.sum(1, keepdim=True)
