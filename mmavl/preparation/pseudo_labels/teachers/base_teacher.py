"""The base class of teachers."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from mmavl.errors import ConfigError
from mmavl.utils.autocast import Precision
from mmavl.utils.label_lists import read_labels
from mmavl.utils.weights import resolve_path

ACTIVATIONS = {
    'sigmoid': torch.sigmoid,
    'softmax': lambda logits: logits.softmax(-1),
    'none': lambda probabilities: probabilities,
}


class BaseTeacher(ABC):
    """A pretrained classifier that assigns its labels to sounds or pictures.

    Args:
        weights (str): A path, or ``pkg://package/path`` for a file of an installed package.
        labels (str | Sequence[str]): See :func:`mmavl.utils.label_lists.read_labels`.
        activation (str): Converts the model's outputs to probabilities: 'sigmoid',
            'softmax' or 'none'.

    Attributes:
        modality (str): 'audio' or 'visual'.
        weights (Path): The weight file.
        labels (list[str]): The names of the L outputs.
        sample_rate (int): Sample rate of its sounds in Hz; audio teachers only.
        precision (Precision): Number format of its PyTorch layers. Initially float32, since labels
            must not depend on the machine.

    Raises:
        FileNotFoundError: The weights or the label list are missing.
        ConfigError: The label list does not fit the model's outputs.
    """

    modality: str
    sample_rate: int

    def __init__(self, weights: str, labels: str | Sequence[str], activation: str) -> None:
        if activation not in ACTIVATIONS:
            raise ConfigError(f'activation={activation!r} must be one of {", ".join(ACTIVATIONS)}')
        self.weights: Path = resolve_path(weights)
        self.labels = read_labels(labels)
        self.activation = activation
        self.precision = Precision.choose('float32', 'cpu')

    @torch.no_grad()
    def __call__(self, media: list[np.ndarray]) -> np.ndarray:
        """Label sounds or pictures.

        Args:
            media (list[ndarray]): n sounds, mono float32 [length] at ``sample_rate``, or n
                pictures, uint8 RGB [H, W, 3].

        Returns:
            ndarray: Probabilities, float32 [n, L].
        """
        with self.precision.autocast():
            return self.probabilities(media).float().numpy()

    @abstractmethod
    def probabilities(self, media: list[np.ndarray]) -> Tensor:
        """Probabilities [n, L] of n sounds or pictures."""

    def activate(self, outputs: Tensor) -> Tensor:
        """Convert the model's outputs [..., L] to probabilities."""
        self.check_outputs(outputs.shape[-1])
        return ACTIVATIONS[self.activation](outputs.float())

    def check_outputs(self, count: int) -> None:
        """Check that the model has one output per label.

        Raises:
            ConfigError: The numbers differ.
        """
        if count != len(self.labels):
            raise ConfigError(
                f'{self.weights.name} has {count} outputs, its label list {len(self.labels)} '
                'names: use the list that was published with the model'
            )
