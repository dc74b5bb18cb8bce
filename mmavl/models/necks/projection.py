"""Linear projections into a space that sounds and pictures share."""

from collections.abc import Sequence

from torch import Tensor, nn

from mmavl.registry import MODELS


@MODELS.register_module()
class Projection(nn.Sequential):
    """1x1 convolutions, with a ReLU between two of them: a projection of each cell.

    Args:
        in_channels: Channels of the map.
        out_channels: Channels of the shared space.
        hidden: Widths of the layers between. Defaults to none: one linear layer.
        dropout: Probability of dropping a single value of the input. Defaults to 0.

    Shape:
        - input: [N, in_channels, h, w]
        - output: [N, out_channels, h, w]
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        hidden: Sequence[int] = (),
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.in_channels, self.out_channels = in_channels, out_channels
        if dropout:
            self.append(nn.Dropout(dropout))
        width = in_channels
        for channels in hidden:
            self.append(nn.Conv2d(width, channels, 1))
            self.append(nn.ReLU())
            width = channels
        self.append(nn.Conv2d(width, out_channels, 1))

    def forward(self, features: Tensor) -> Tensor:
        """Project each cell."""
        return super().forward(features)


@MODELS.register_module()
class PooledProjection(nn.Sequential):
    """The maximum over a map, projected by linear layers with a ReLU between two of them.

    Args:
        in_channels: Channels of the map. Defaults to None: needed only for a projection.
        out_channels: Channels of the shared space. Defaults to None: no projection.
        hidden: Widths of the layers between. Defaults to none: one linear layer.

    Shape:
        - input: [N, in_channels, h, w]
        - output: [N, out_channels]
    """

    def __init__(
        self,
        in_channels: int | None = None,
        out_channels: int | None = None,
        hidden: Sequence[int] = (),
    ) -> None:
        super().__init__()
        if (in_channels is None) != (out_channels is None):
            raise ValueError('a projection needs both in_channels and out_channels')
        self.in_channels, self.out_channels = in_channels, out_channels
        if in_channels is None or out_channels is None:
            return
        width = in_channels
        for channels in hidden:
            self.append(nn.Linear(width, channels))
            self.append(nn.ReLU())
            width = channels
        self.append(nn.Linear(width, out_channels))

    def forward(self, features: Tensor) -> Tensor:
        """Pool and project."""
        return super().forward(features.amax((-2, -1)))
