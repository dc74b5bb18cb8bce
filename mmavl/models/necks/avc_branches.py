"""The two branches of the correspondence network, Fig. 3."""

from timm.models.resnet import BasicBlock
from torch import Tensor, nn

from mmavl.registry import MODELS


@MODELS.register_module()
class AVCAudioBranch(nn.Sequential):
    """Three convolutions: 3x1 with dilation 2 on time, 1x2 with stride 2 on frequency, 3x1.

    Args:
        in_channels: Channels of F_a. Defaults to 512.
        channels: Channels of E_a. Defaults to 512.

    Shape:
        - input: F_a [N, 512, t, 2]
        - output: E_a [N, 512, t, 1]

    Source: Fig. 3 of the paper; time is padded to keep its length.
    """

    def __init__(self, in_channels: int = 512, channels: int = 512) -> None:
        super().__init__()
        self.in_channels, self.out_channels = in_channels, channels
        for convolution in (
            nn.Conv2d(in_channels, channels, (3, 1), padding=(2, 0), dilation=(2, 1), bias=False),
            nn.Conv2d(channels, channels, (1, 2), stride=(1, 2), bias=False),
            nn.Conv2d(channels, channels, (3, 1), padding=(1, 0), bias=False),
        ):
            self.append(convolution)
            self.append(nn.BatchNorm2d(channels))
            self.append(nn.ReLU(inplace=True))

    def forward(self, features: Tensor) -> Tensor:
        """Map F_a to E_a."""
        return super().forward(features)


@MODELS.register_module()
class AVCVisualBranch(nn.Sequential):
    """Two residual blocks, like layer4 of a ResNet-18, with separate weights.

    Args:
        in_channels: Channels of O_v. Defaults to 256.
        channels: Channels of E_v. Defaults to 512.
        stride: Of the first block. Defaults to 1: E_v keeps the resolution of O_v, 16 x 16 for an
            image of 256 x 256, so that maps are as fine. 2 is layer4's.

    Shape:
        - input: O_v [N, 256, h, w]
        - output: E_v [N, 512, h / stride, w / stride]

    Source: Fig. 3 of the paper.
    """

    def __init__(self, in_channels: int = 256, channels: int = 512, stride: int = 1) -> None:
        shortcut = nn.Sequential(
            nn.Conv2d(in_channels, channels, 1, stride, bias=False), nn.BatchNorm2d(channels)
        )
        super().__init__(
            BasicBlock(in_channels, channels, stride, downsample=shortcut),
            BasicBlock(channels, channels),
        )
        self.in_channels, self.out_channels = in_channels, channels

    def forward(self, features: Tensor) -> Tensor:
        """Map O_v to E_v."""
        return super().forward(features)
