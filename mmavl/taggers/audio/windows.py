"""Helpers of audio taggers: windows of long sounds, and loading of published checkpoints."""

import math
from collections.abc import Callable
from typing import Protocol

import torch
from torch import Tensor
from torch.nn import functional as F

from mmavl.errors import CheckpointError, ConfigError
from mmavl.utils.hub import fetch_weights
from mmavl.utils.weights import load_tensors


def in_steps(name: str, seconds: float, rate: float) -> int:
    """Convert a length in seconds to a number of samples or frames.

    Args:
        name (str): Name of the setting, for the message.
        seconds (float): The length.
        rate (float): Steps per second.

    Raises:
        ConfigError: The length is less than one step, or not finite.
    """
    if not 1 <= seconds * rate < math.inf:
        raise ConfigError(f'{name}={seconds} s must be finite and at least {1 / rate:g} s')
    return round(seconds * rate)


def over_windows(
    net: Callable[[Tensor], Tensor], waveform: Tensor, length: int, hop: int
) -> Tensor:
    """Apply a network to each window of a sound; the last window ends with the sound.

    A sound shorter than a window is padded with silence.

    Args:
        net (Callable): Maps waveforms [N, length] to logits [N, L].
        waveform (Tensor): [N, S].
        length (int): Length of a window in samples.
        hop (int): Samples between the starts of successive windows.

    Returns:
        Tensor: Logits [N, T, L] of T windows.
    """
    waveform = F.pad(waveform, (0, max(0, length - waveform.shape[1])))
    last = waveform.shape[1] - length
    starts = [*range(0, last, hop), last]
    return torch.stack([net(waveform[:, start : start + length]) for start in starts], dim=1)


class PublishedNet(Protocol):
    """A network with published checkpoints."""

    def load_published(self, state: dict[str, Tensor]) -> None:
        """Load a published state dict; a RuntimeError says what does not fit."""


def load_tagger(net: PublishedNet, weights: str, name: str) -> None:
    """Load a published checkpoint with ``net.load_published``.

    Args:
        net (PublishedNet): The network.
        weights (str): A path, ``pkg://package/path`` or URL.
        name (str): Name of the network, for the message.

    Raises:
        FileNotFoundError: There is no such file.
        ConnectionError: The file cannot be downloaded.
        CheckpointError: It belongs to another network, or has another number of outputs.
    """
    state = load_tensors(fetch_weights(weights))
    try:
        net.load_published(state)
    except RuntimeError as error:
        raise CheckpointError(
            f'{weights} does not fit {name} with this label list: {error}'
        ) from error
