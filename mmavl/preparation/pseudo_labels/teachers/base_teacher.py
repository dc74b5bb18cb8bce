"""The interface of a teacher."""

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
    """A pretrained classifier that says which of its labels a sound or a picture deserves.

    Args:
        weights (str): A path, or ``pkg://package/path`` for a file of an installed package.
        labels (str | Sequence[str]): See :func:`mmavl.utils.label_lists.read_labels`.
        activation (str): What makes probabilities of the model's outputs: 'sigmoid',
            'softmax' or 'none'.

    Attributes:
        modality (str): 'audio' or 'visual'.
        weights (Path): The weight file.
        labels (list[str]): The names of the L outputs.
        sample_rate (int): Of the sounds it hears, in Hz; only of audio teachers.
        precision (Precision): What its PyTorch layers compute in. Starts as float32: labels must
            not depend on the machine.

    Raises:
        FileNotFoundError: The weights or the label list are missing.
        ConfigError: The label list does not fit the model's outputs.
    """

    modality: str

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
        """Make probabilities [..., L] of the model's outputs."""
        self.check_outputs(outputs.shape[-1])
        return ACTIVATIONS[self.activation](outputs.float())

    def check_outputs(self, count: int) -> None:
        """Raise unless the model has as many outputs as there are labels.

        Raises:
            ConfigError: It has not.
        """
        if count != len(self.labels):
            raise ConfigError(
                f'{self.weights.name} has {count} outputs, its label list {len(self.labels)} '
                'names: give the list that the model was published with'
            )
