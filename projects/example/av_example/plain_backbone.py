"""A visual backbone."""

from torch import Tensor, nn

from mmavl.registry import MODELS


@MODELS.register_module()
class PlainBackbone(nn.Module):
    """Four strided convolutions; one map serves as O_v and F_v.

    Args:
        channels (int): Of the map. Defaults to 64.

    Shape:
        - input: normalised image [N, 3, H, W]
        - output: [N, channels, H / 16, W / 16]
    """

    def __init__(self, channels: int = 64) -> None:
        super().__init__()
        self.out_channels = channels
        layers = []
        for inputs, outputs in ((3, 16), (16, 32), (32, channels), (channels, channels)):
            layers += [nn.Conv2d(inputs, outputs, 3, 2, 1, bias=False)]
            layers += [nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)]
        self.layers = nn.Sequential(*layers)

    def forward(self, image: Tensor) -> Tensor:
        """Map images to features."""
        return self.layers(image)
