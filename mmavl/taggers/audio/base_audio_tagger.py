"""The interface of an audio tagger."""

from abc import ABC, abstractmethod

from torch import Tensor, nn


class BaseAudioTagger(nn.Module, ABC):
    """A pretrained network that says which of its labels sound, and when. It is not trained.

    Attributes:
        labels (list[str]): The names of the L outputs.
        sample_rate (int): Of the waveforms, in Hz.

    Shape:
        - input: waveforms [N, S] in [-1, 1]
        - output: logits [N, T, L] of T moments that are evenly spaced over the sound;
          their sigmoid is the probability that a label sounds then
    """

    labels: list[str]
    sample_rate: int

    @abstractmethod
    def forward(self, waveform: Tensor) -> Tensor:
        """Map waveforms [N, S] to logits [N, T, L]."""
