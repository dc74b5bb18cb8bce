"""The position of a map's maximum."""

import torch
from torch import Tensor

from .axes import check_axes, check_same


def peak_shares(maps: Tensor, regions: Tensor, num_regions: int) -> Tensor:
    """Share of a map's maximum in each region of the frame (the pointing game).

    If several pixels share the maximum, the result is the share of them in a region: the
    probability of hitting it with a random one of them. A constant map therefore scores the
    region's share of the frame, whatever the order of its pixels.

    Args:
        maps (Tensor): Heat maps [N, H, W], without nan.
        regions (Tensor): The region of each pixel, int [N, H, W] in [0, num_regions).
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
    """Share of a mask's pixels in each region of the frame.

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
