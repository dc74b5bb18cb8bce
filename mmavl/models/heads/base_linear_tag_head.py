"""The base class of tag heads with a single linear layer."""

from abc import ABC, abstractmethod

from torch import Tensor, nn

from .classifier_rows import start_from


class BaseLinearTagHead(nn.Module, ABC):
    """A tag head whose logits increase with one linear layer on the channels of a map.

    The gradient of a class, averaged over the map, is then the layer's row times a positive number
    that cancels in Eq. 5: the rows themselves are Grad-CAM's channel weights.

    Args:
        num_classes (int): C.
        in_channels (int): Channels of the map.
        bias (bool): Whether the layer has a bias. Defaults to True.
        rows (dict, optional): Config of the classifier rows that initialise the layer, e.g.
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
        """Grad-CAM's channel weights in closed form, up to a positive factor per class.

        Args:
            classes: long [P].

        Returns:
            [P, in_channels].
        """
        return self.fc.weight[classes]

    def all_channel_weights(self, features: Tensor) -> Tensor:
        """:meth:`channel_weights` of all classes: a map [N, c, ...] -> [N, C, c], detached."""
        return self.fc.weight.detach().expand(len(features), -1, -1)
