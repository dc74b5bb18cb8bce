"""VGG-16 as the first localizers of the field use it."""

from torch import Tensor, nn

from mmavl.registry import MODELS
from mmavl.utils.hub import create_timm


@MODELS.register_module()
class VGG16(nn.Module):
    """The map of VGG-16's last convolution, before its ReLU and pooling.

    Args:
        pretrained: Let timm download torchvision's ImageNet weights. Defaults to False.

    Shape:
        - input: [N, 3, H, W]
        - output: [N, 512, H // 16, W // 16], with either sign

    Source: torchvision's ``vgg16().features[:29]``, as in the published code of A. Senocak et
    al., "Learning to localize sound source in visual scenes", CVPR 2018.
    """

    def __init__(self, pretrained: bool = False) -> None:
        super().__init__()
        self.out_channels = 512
        self.net: nn.Sequential = create_timm('vgg16.tv_in1k', pretrained, num_classes=0).features
        del self.net[29:]

    def forward(self, image: Tensor) -> Tensor:
        """Map images to their feature map."""
        return self.net(image)
