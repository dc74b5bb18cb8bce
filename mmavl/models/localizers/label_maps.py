"""Converting labels of pretrained classifiers to classes, as pure functions of tensors."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F


def best_label(logits: Tensor, table: Tensor, absent: float) -> Tensor:
    """The largest logit among each class's labels: [N, L, ...] -> [N, C, ...].

    Args:
        logits: [N, L, ...].
        table: Which label belongs to which class, bool [L, C].
        absent: Value for a class without labels.
    """
    best = torch.full_like(logits[:, :1], absent).repeat_interleave(table.shape[1], 1)
    for number, column in enumerate(table.T):
        if column.any():
            best[:, number] = logits[:, column].amax(1)
    return best


def scaled(image: Tensor, shorter: int, stride: int) -> Tensor:
    """Resize an image [3, H, W] to about a shorter side; sides are multiples of the stride."""
    scale = shorter / min(image.shape[-2:])
    size = [max(stride, round(side * scale / stride) * stride) for side in image.shape[-2:]]
    return F.interpolate(image[None], size, mode='bilinear', antialias=True)[0]


def rivalry(maps: Tensor, logits: Tensor, margin: float = 2.0) -> Tensor:
    """How much more likely classes compete for each class's peak: [C, h, w], [C] -> [C], >= 0.

    How far the map of a class with a larger logit exceeds that of each class, less ``margin``, at
    the latter's maximum. Two classes may claim one object; the more likely one is kept.
    """
    cells = maps.flatten(1)
    at_peak = cells[:, cells.argmax(1)]  # [other, class]
    excess = (at_peak - at_peak.diagonal() + margin).relu()
    return (excess * (logits[:, None] > logits[None])).amax(0)


def unit_range(maps: Tensor) -> Tensor:
    """Scale each map [P, h, w] to a minimum of 0 and a maximum of 1; a constant map becomes 0."""
    low, high = maps.amin((-2, -1), keepdim=True), maps.amax((-2, -1), keepdim=True)
    return (maps - low) / (high - low).clamp_min(1e-6)


def family_members(classes: Sequence[str], families: dict[str, Sequence[str]]) -> Tensor:
    """Which class counts for which: each for itself and its families. Bool [C, C].

    Raises:
        KeyError: A family, or one of its classes, is not among the classes.
    """
    numbers = {name: number for number, name in enumerate(classes)}
    members = torch.eye(len(classes), dtype=torch.bool)
    for family, names in families.items():
        members[numbers[family], [numbers[name] for name in names]] = True
    return members
