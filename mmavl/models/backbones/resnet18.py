"""ResNet-18 as methods of the field use it: undilated, at stride 16 or 32."""

from torch import Tensor, nn

from mmavl.registry import MODELS
from mmavl.utils.hub import create_timm


@MODELS.register_module()
class ResNet18(nn.Module):
    """The last feature map of a ResNet-18; at stride 16, layer4 has stride 1 and no dilation.

    :class:`TimmBackbone` with ``output_stride=16`` has the same weights and the same grid, but
    its layer4 is dilated, so weights trained in one give different maps in the other.

    Args:
        in_channels: Of the input: 3 for images, 1 for spectrograms. Defaults to 3.
        pretrained: Let timm download torchvision's ImageNet weights; where ``in_channels`` is 1
            the first layer's are summed over the colours. Defaults to False.
        output_stride: 16 or 32. Defaults to 16.

    Raises:
        ValueError: The stride is another.

    Shape:
        - input: [N, in_channels, H, W]
        - output: [N, 512, H / output_stride, W / output_stride], rounded up

    Source: stride 16 is that of the simplified variant that the paper's authors released, of LVS,
    SSLalignment, Mix-and-Localize and DSOL; 32 is torchvision's, of EZ-VSL, SLAVC, FNAC and AVGN.
    """

    def __init__(
        self, in_channels: int = 3, pretrained: bool = False, output_stride: int = 16
    ) -> None:
        super().__init__()
        if output_stride not in (16, 32):
            raise ValueError(f'output_stride={output_stride} must be 16 or 32')
        self.out_channels = 512
        self.net = create_timm(
            'resnet18.tv_in1k',
            pretrained=pretrained,
            in_chans=in_channels,
            num_classes=0,
            global_pool='',
        )
        if output_stride == 32:
            return
        first = self.net.layer4[0]
        for convolution in (first.conv1, first.downsample[0]):
            convolution.stride = (1, 1)

    def forward(self, inputs: Tensor) -> Tensor:
        """Map images or spectrograms to their feature map."""
        return self.net(inputs)
