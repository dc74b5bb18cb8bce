"""Tagging by global average pooling."""

from torch import Tensor, nn

from mmavl.registry import MODELS
from mmavl.utils.autocast import full_precision

from .classifier_rows import start_from


@MODELS.register_module()
class PooledTagHead(nn.Module):
    """Global average pooling and a linear layer.

    Args:
        in_channels: Channels of F_v. Defaults to 512.
        num_classes: C.
        bias: Whether the layer has one. Without, it is a 1x1 convolution behind which the map is
            averaged, and Grad-CAM is that convolution's map with its negative part cut off.
            Defaults to True.
        rows (dict, optional): Config of the classifier's rows that the layer starts from, e.g.
            ``TimmRows``. Defaults to None: random weights.
        frozen (bool): Whether only the bias is trained. Defaults to False.

    Shape:
        - input: F_v [N, in_channels, h, w]
        - output: logits [N, C], float32: in bfloat16 many clips would have the same rank

    Source: section 3.1 of the paper (ResNet-18's classifier).
    """

    def __init__(
        self,
        num_classes: int,
        in_channels: int = 512,
        bias: bool = True,
        rows: dict | None = None,
        frozen: bool = False,
    ) -> None:
        super().__init__()
        self.in_channels = in_channels
        self.fc = nn.Linear(in_channels, num_classes, bias=bias)
        start_from(self.fc, rows, frozen)

    def forward(self, features: Tensor) -> Tensor:
        """Map F_v to logits [N, C]."""
        with full_precision(features.device):
            return self.fc(features.float().mean((-2, -1)))

    def channel_weights(self, classes: Tensor) -> Tensor:
        """Grad-CAM's channel weights in closed form, up to the constant 1 / (h * w).

        The logit is linear in the averaged features, so its gradient is the classifier's row
        everywhere. A constant factor cancels in Eq. 5.

        Args:
            classes: long [P].

        Returns:
            [P, in_channels].
        """
        return self.fc.weight[classes]

    def all_channel_weights(self, features: Tensor) -> Tensor:
        """:meth:`channel_weights` of every class, F_v [N, c, h, w] -> [N, C, c], detached."""
        return self.fc.weight.detach().expand(len(features), -1, -1)
