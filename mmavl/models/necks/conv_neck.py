"""Convolutions between a frozen backbone and the heads."""

from torch import Tensor, nn

from mmavl.registry import MODELS


@MODELS.register_module()
class ConvNeck(nn.Sequential):
    """Convolutions with batch normalisation and ReLU.

    With a frozen backbone this is the trainable last convolutional layer required by Eq. 4:
    its output is F_r.

    Args:
        in_channels: Channels of the backbone's map.
        out_channels: Channels of F_r.
        num_layers: Number of convolutions. Defaults to 1.
        kernel_size: 1 or 3. Defaults to 1.
        dropout: Probability of dropping a whole input channel. Defaults to 0.
        smoothing: Odd side of an average pooling after the convolutions, with stride 1: cells
            then resemble the regions that Eq. 5 pools. Defaults to 1, none.
        pool: Side of an average pooling before the convolutions. Defaults to 1, none.

    Shape:
        - input: [N, in_channels, h, w]
        - output: [N, out_channels, h // pool, w // pool]
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        num_layers: int = 1,
        kernel_size: int = 1,
        dropout: float = 0.0,
        smoothing: int = 1,
        pool: int = 1,
    ) -> None:
        super().__init__()
        self.in_channels, self.out_channels = in_channels, out_channels
        if pool > 1:
            self.append(nn.AvgPool2d(pool))
        if dropout:
            self.append(nn.Dropout2d(dropout))
        width = in_channels
        for _ in range(num_layers):
            self.append(nn.Conv2d(width, out_channels, kernel_size, padding='same', bias=False))
            self.append(nn.BatchNorm2d(out_channels))
            self.append(nn.ReLU(inplace=True))
            width = out_channels
        if smoothing > 1:
            self.append(nn.AvgPool2d(smoothing, 1, smoothing // 2, count_include_pad=False))

    def forward(self, features: Tensor) -> Tensor:
        """Map backbone features to F_r."""
        return super().forward(features)
