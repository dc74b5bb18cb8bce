"""Masks on logarithmic frequencies: shared among sources, and applied to mixtures."""

import torch
from torch import Tensor

from . import signal

_LEAST = 1e-6


def share_masks(masks: Tensor, index: Tensor, probabilities: bool = False) -> Tensor:
    """Divide masks by their sum over the sources of each mixture.

    For probabilities, the odds are divided, which equals the softmax of their logits. Ratios
    that are all zero do not change. A single source keeps its own mask.

    Args:
        masks (Tensor): [S, rows, T].
        index (Tensor): The mixture of each source, long [S].
        probabilities (bool): Whether the masks are probabilities. Defaults to False.

    Returns:
        Tensor: float32 [S, rows, T].
    """
    parts = masks = masks.float()  # bfloat16 has no number between 0.996 and 1
    if probabilities:
        masks = masks.clamp(_LEAST, 1 - _LEAST)
        parts = masks / (1 - masks)
    whole = parts.new_zeros(int(index.max()) + 1, *parts.shape[1:]).index_add(0, index, parts)
    alone = (torch.bincount(index) == 1)[index, None, None]
    return masks.where(alone, parts / whole.clamp_min(_LEAST)[index])


def apply_masks(masks: Tensor, mixtures: Tensor, index: Tensor) -> Tensor:
    """Apply masks to mixtures; returns waveforms.

    Args:
        masks (Tensor): [S, rows, T].
        mixtures (Tensor): Waveforms of T frames, [M, L].
        index (Tensor): The mixture of each source, long [S].

    Returns:
        Tensor: [S, L].
    """
    spectrum = signal.stft(mixtures)
    masks = signal.unwarp(masks, spectrum.shape[-2])[:, None]
    return signal.reconstruct(masks, spectrum[index], mixtures.shape[-1])[:, 0]
