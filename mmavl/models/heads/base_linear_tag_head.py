"""What tag heads with one linear layer share."""

from abc import ABC, abstractmethod

from torch import Tensor, nn

from .classifier_rows import start_from


class BaseLinearTagHead(nn.Module, ABC):
    """A tag head whose logits grow with one linear layer on the channels of a map.

    A class's gradient, averaged over the map, is then the layer's row times a positive number,
    which cancels in Eq. 5: Grad-CAM's channel weights are the rows themselves.

    Args:
        num_classes (int): C.
        in_channels (int): Channels of the map.
        bias (bool): Whether the layer has one. Defaults to True.
        rows (dict, optional): Config of the classifier's rows that the layer starts from, e.g.
            ``TimmRows`` or ``YAMNetRows``. Defaults to None: random weights.
        frozen (bool): Whether only the bias is trained. Defaults to False.
    """

    def __init__(
        self,
        num_classes: int,
        in_channels: int,
        bias: bool = True,
        rows: dict | None = None,
        frozen: bool = False,
    ) -> None:
        super().__init__()
        self.in_channels = in_channels
        self.fc = nn.Linear(in_channels, num_classes, bias=bias)
        start_from(self.fc, rows, frozen)

    @abstractmethod
    def forward(self, features: Tensor) -> Tensor:
        """Map features [N, in_channels, ...] to logits [N, C]."""

    def channel_weights(self, classes: Tensor) -> Tensor:
        """Grad-CAM's channel weights in closed form, up to a positive factor of each class.

        Args:
            classes: long [P].

        Returns:
            [P, in_channels].
        """
        return self.fc.weight[classes]

    def all_channel_weights(self, features: Tensor) -> Tensor:
        """:meth:`channel_weights` of every class, a map [N, c, ...] -> [N, C, c], detached."""
        return self.fc.weight.detach().expand(len(features), -1, -1)
