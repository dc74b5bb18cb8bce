"""Classifying the instrument in a separated spectrogram."""

from itertools import pairwise

from torch import Tensor, nn

from mmavl.registry import MODELS


@MODELS.register_module()
class SpectrogramClassifier(nn.Module):
    """Strided convolutions, global average pooling and a linear layer.

    Args:
        num_classes (int): C.
        channels (int): Channels of the first convolution, doubled in each further one. Defaults
            to 8.
        depth (int): Number of convolutions. Defaults to 5.

    Shape:
        - input: magnitudes [N, 1, H, W]
        - output: logits [N, C], float32

    Source: replaces the ResNet-18 of "Co-separating sounds of visual objects", section 3.3.
    """

    def __init__(self, num_classes: int, channels: int = 8, depth: int = 5) -> None:
        super().__init__()
        widths = [1, *(channels * 2**level for level in range(depth))]
        self.convs = nn.Sequential()
        for inputs, outputs in pairwise(widths):
            self.convs.append(nn.Conv2d(inputs, outputs, 3, 2, 1, bias=False))
            self.convs.append(nn.BatchNorm2d(outputs))
            self.convs.append(nn.ReLU())
        self.fc = nn.Linear(widths[-1], num_classes)

    def forward(self, magnitude: Tensor) -> Tensor:
        """Classify."""
        return self.fc(self.convs(magnitude.log1p()).mean((-2, -1))).float()
