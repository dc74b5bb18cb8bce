"""From labels of pretrained classifiers to classes: pure functions of tensors."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F


def best_label(logits: Tensor, table: Tensor, absent: float) -> Tensor:
    """The greatest logit of each class's labels: [N, L, ...] -> [N, C, ...].

    Args:
        logits: [N, L, ...].
        table: Which label stands for which class, bool [L, C].
        absent: What a class without labels gets.
    """
    best = torch.full_like(logits[:, :1], absent).repeat_interleave(table.shape[1], 1)
    for number, column in enumerate(table.T):
        if column.any():
            best[:, number] = logits[:, column].amax(1)
    return best


def scaled(image: Tensor, shorter: int, stride: int) -> Tensor:
    """Resize a picture [3, H, W] to a shorter side near a length, both multiples of a stride."""
    scale = shorter / min(image.shape[-2:])
    size = [max(stride, round(side * scale / stride) * stride) for side in image.shape[-2:]]
    return F.interpolate(image[None], size, mode='bilinear', antialias=True)[0]


def rivalry(maps: Tensor, logits: Tensor, margin: float = 2.0) -> Tensor:
    """How far likelier classes claim the place of each one: [C, h, w], [C] -> [C], >= 0.

    By how much the map of a class with a greater logit exceeds each one's, less ``margin``, at its
    maximum: two names for one object, of which the likelier one is kept.
    """
    cells = maps.flatten(1)
    at_peak = cells[:, cells.argmax(1)]  # [other, class]
    excess = (at_peak - at_peak.diagonal() + margin).relu()
    return (excess * (logits[:, None] > logits[None])).amax(0)


def unit_range(maps: Tensor) -> Tensor:
    """Scale each map [P, h, w] to 0 at its minimum and 1 at its maximum; a constant one is 0."""
    low, high = maps.amin((-2, -1), keepdim=True), maps.amax((-2, -1), keepdim=True)
    return (maps - low) / (high - low).clamp_min(1e-6)


def family_members(classes: Sequence[str], families: dict[str, Sequence[str]]) -> Tensor:
    """Which class speaks for which: each for itself, and for its families. Bool [C, C].

    Raises:
        KeyError: A family, or one of its classes, is not among the classes.
    """
    numbers = {name: number for number, name in enumerate(classes)}
    members = torch.eye(len(classes), dtype=torch.bool)
    for family, names in families.items():
        members[numbers[family], [numbers[name] for name in names]] = True
    return members
