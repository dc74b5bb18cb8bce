"""Average precision, per class and its mean."""

import torch
from torch import Tensor

from .axes import check_axes, check_same


def average_precision(scores: Tensor, targets: Tensor) -> Tensor:
    """Area under the precision-recall steps: ``sum_k (R_k - R_{k-1}) * P_k``.

    Equal scores form one step, as in scikit-learn's ``average_precision_score``.

    Args:
        scores (Tensor): Predicted scores, float [..., n].
        targets (Tensor): 1 for positives, else 0, [..., n].

    Returns:
        Tensor: float64 [...]; nan without positives.

    Raises:
        ValueError: The shapes differ, or ``targets`` has other values than 0 and 1, e.g. because
            the arguments are swapped.
    """
    check_axes('scores', scores, '..., n')
    check_axes('targets', targets, '..., n')
    check_same('targets', targets, 'these scores', scores.shape)
    if not ((targets == 0) | (targets == 1)).all():
        raise ValueError('targets hold values other than 0 and 1: are scores and targets swapped?')
    scores, order = scores.double().sort(dim=-1, descending=True)
    targets = targets.double().gather(-1, order)
    rank = torch.arange(1, scores.shape[-1] + 1, device=scores.device)
    # the last rank with this score: searched in ascending (negated) order, from the right
    step_end = torch.searchsorted(-scores, -scores, right=True) - 1
    precision = (targets.cumsum(-1) / rank).gather(-1, step_end)
    return (precision * targets).sum(-1) / targets.sum(-1)


def mean_average_precision(scores: Tensor, targets: Tensor) -> Tensor:
    """Mean over classes of the average precision over samples.

    Args:
        scores (Tensor): float [N, C].
        targets (Tensor): 0 or 1, [N, C]. Classes without positives are excluded from the mean.

    Returns:
        Tensor: float64 scalar; nan if no class has positives.

    Raises:
        ValueError: The shapes are wrong, or ``targets`` has other values than 0 and 1.
    """
    check_axes('scores', scores, 'N, C')
    check_axes('targets', targets, 'N, C')
    return average_precision(scores.T.contiguous(), targets.T).nanmean()
