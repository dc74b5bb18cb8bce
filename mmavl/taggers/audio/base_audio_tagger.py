"""The interface of an audio tagger."""

from abc import ABC, abstractmethod

from torch import Tensor, nn


class BaseAudioTagger(nn.Module, ABC):
    """A pretrained network that gives the probability of each label over time. It is not trained.

    Attributes:
        labels (list[str]): The names of the L outputs.
        sample_rate (int): Sample rate of the waveforms in Hz.

    Shape:
        - input: waveforms [N, S] in [-1, 1]
        - output: logits [N, T, L] for T evenly spaced moments; their sigmoid is the probability
          that a label is audible at that moment
    """

    labels: list[str]
    sample_rate: int

    @abstractmethod
    def forward(self, waveform: Tensor) -> Tensor:
        """Map waveforms [N, S] to logits [N, T, L]."""
