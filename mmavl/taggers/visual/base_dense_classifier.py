"""The interface of a dense classifier."""

from abc import ABC, abstractmethod

from torch import Tensor, nn


class BaseDenseClassifier(nn.Module, ABC):
    """A pretrained network that says for each part of a picture which of its labels are there.

    It is not trained.

    Attributes:
        labels (list[str]): The names of the L outputs.
        stride (int): Pixels per cell of its maps; the sides of pictures are multiples of it.
        sizes (tuple[int, ...]): Shorter sides in pixels at which it is to look at a picture; empty
            where that is for the localizer to say.

    Shape:
        - input: RGB pictures [N, 3, H, W] in 0-255, not normalised
        - output: logits [N, L, h, w]; softmax over L says which label a cell shows
    """

    labels: list[str]
    stride: int = 32
    sizes: tuple[int, ...] = ()

    @abstractmethod
    def forward(self, image: Tensor) -> Tensor:
        """Map pictures [N, 3, H, W] to logits [N, L, h, w]."""
