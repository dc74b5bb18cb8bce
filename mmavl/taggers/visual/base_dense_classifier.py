"""The interface of a dense classifier."""

from abc import ABC, abstractmethod

from torch import Tensor, nn


class BaseDenseClassifier(nn.Module, ABC):
    """A pretrained network that gives the logits of its labels in each cell of an image.

    It is not trained.

    Attributes:
        labels (list[str]): The names of the L outputs.
        stride (int): Pixels per cell of its maps; image sides must be multiples of it.
        sizes (tuple[int, ...]): Lengths of the shorter side, in pixels, to run it at; empty if
            the localizer chooses them.

    Shape:
        - input: RGB images [N, 3, H, W] in 0-255, not normalised
        - output: logits [N, L, h, w]; a softmax over L gives the label of a cell
    """

    labels: list[str]
    stride: int = 32
    sizes: tuple[int, ...] = ()

    @abstractmethod
    def forward(self, image: Tensor) -> Tensor:
        """Map images [N, 3, H, W] to logits [N, L, h, w]."""
