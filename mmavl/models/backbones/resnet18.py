"""ResNet-18 whose last stage keeps the resolution of the one before."""

from torch import Tensor, nn

from mmavl.registry import MODELS
from mmavl.utils.hub import create_timm


@MODELS.register_module()
class ResNet18(nn.Module):
    """The last feature map of a ResNet-18 whose layer4 has stride 1 and no dilation.

    :class:`TimmBackbone` with ``output_stride=16`` has the same weights and the same grid, but
    its layer4 is dilated, so weights trained in one give different maps in the other.

    Args:
        in_channels: Input channels: 3 for images, 1 for spectrograms. Defaults to 3.
        pretrained: Let timm download torchvision's ImageNet weights; if ``in_channels`` is 1,
            those of the first layer are summed over the colours. Defaults to False.

    Shape:
        - input: [N, in_channels, H, W]
        - output: [N, 512, H/16, W/16], rounded up

    Source: the simplified variant released by the paper's authors, for both modalities.
    """

    def __init__(self, in_channels: int = 3, pretrained: bool = False) -> None:
        super().__init__()
        self.out_channels = 512
        self.net = create_timm(
            'resnet18.tv_in1k',
            pretrained=pretrained,
            in_chans=in_channels,
            num_classes=0,
            global_pool='',
        )
        first = self.net.layer4[0]
        for convolution in (first.conv1, first.downsample[0]):
            convolution.stride = (1, 1)

    def forward(self, inputs: Tensor) -> Tensor:
        """Map images or spectrograms to their feature map."""
        return self.net(inputs)
