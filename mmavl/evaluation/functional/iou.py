"""Overlap of a binary mask with a weighted reference."""

import torch
from torch import Tensor

from .axes import check_axes


def consensus_iou(mask: Tensor, reference: Tensor) -> Tensor:
    """Consensus IoU of a binary mask and a reference weight map.

    ``cIoU = sum(P * g) / (sum(g) + sum(P * [g == 0]))``: the covered part of the reference,
    divided by the reference plus the part of the mask outside it.

    Args:
        mask (Tensor): P, bool or with values 0 and 1 only, [..., H, W].
        reference (Tensor): g in [0, 1], [..., H, W]; leading dimensions broadcast.

    Returns:
        Tensor: float64 [...]; nan if both are empty, which is undefined.

    Raises:
        ValueError: The two differ in height or width or do not broadcast, or the mask is not
            binary.

    Source: Senocak et al., "Learning to Localize Sound Source in Visual Scenes" (CVPR 2018).
    """
    check_axes('mask', mask, '..., H, W')
    check_axes('reference', reference, '..., H, W')
    if mask.shape[-2:] != reference.shape[-2:]:
        raise ValueError(
            f'mask is {tuple(mask.shape[-2:])} and reference {tuple(reference.shape[-2:])}: '
            'resize the map before it is binarised'
        )
    if not _broadcast(mask.shape, reference.shape):
        raise ValueError(
            f'mask is {tuple(mask.shape)} and reference {tuple(reference.shape)}: their leading '
            'axes do not broadcast'
        )
    if mask.dtype != torch.bool and not ((mask == 0) | (mask == 1)).all():
        raise ValueError('mask holds values other than 0 and 1: binarise the map first')
    reference = reference if reference.is_floating_point() else reference.float()
    mask = mask.to(reference.dtype)
    outside = _area(mask) - _area(mask * reference.sign())
    return _area(mask * reference) / (_area(reference) + outside)


def _broadcast(first: torch.Size, second: torch.Size) -> bool:
    return all(a == b or 1 in (a, b) for a, b in zip(first[::-1], second[::-1]))


def _area(weights: Tensor) -> Tensor:
    """Sum over [H, W]; rows in their own type, which is exact for masks, then float64."""
    return weights.sum(-1).sum(-1, dtype=torch.float64)
