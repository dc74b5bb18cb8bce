"""Success rates at one threshold and over all thresholds."""

import torch
from torch import Tensor

from .axes import check_axes

#: 0.7 as a float32 is below 0.7; two cIoU of up to 256 x 256 pixels that differ at all are
#: further than this from each other and from every multiple of .05.
_ROUNDING = 1e-7


def success_rate(values: Tensor, threshold: float) -> Tensor:
    """Share of samples that reach a threshold (cIoU@t).

    Args:
        values (Tensor): One cIoU per sample, [..., n]. nan means that a sample was not
            evaluated; it counts in neither the numerator nor the denominator.
        threshold (float): Values equal to it count as success.

    Returns:
        Tensor: float64 [...]; nan if no sample was evaluated.
    """
    check_axes('values', values, '..., n')
    succeeded = (values >= threshold - _ROUNDING).sum(-1, dtype=torch.float64)
    return succeeded / (~values.isnan()).sum(-1)


def success_auc(values: Tensor) -> Tensor:
    """Area under the curve of the success rate over the thresholds 0, .05, ..., 1 (trapezoid).

    Every value reaches 0, so the minimum area is 0.025, not 0.

    Args:
        values (Tensor): One cIoU per sample, [..., n]; nan as in :func:`success_rate`.

    Returns:
        Tensor: float64 [...]; nan if no sample was evaluated.
    """
    rates = torch.stack([success_rate(values, i / 20) for i in range(21)], dim=-1)
    return torch.trapezoid(rates, dx=0.05)
