"""The convolution before a classifier, as a neck."""

from torch import Tensor, nn

from mmavl.errors import ConfigError
from mmavl.registry import MODELS
from mmavl.utils.hub import create_timm
from mmavl.utils.weights import load_classifier

from ..backbones.timm_backbone import check_timm_name


@MODELS.register_module()
class ClassifierConv(nn.Sequential):
    """Maps an EfficientNet's last stage to the map that its classifier averages.

    Between the two there is a 1x1 convolution with batch normalisation and activation, so cached
    features of the last stage suffice for class activation mapping.

    Args:
        name (str): timm's name of the model, e.g. 'tf_efficientnet_lite0'.
        weights (str, optional): .pth or .safetensors, as a path or ``pkg://package/path``.
            Defaults to None.

    Shape:
        - input: [N, c, h, w]; its last channels are the network's last stage, as from
          ``TimmBackbone(out_indices=(..., 4), concat=True)`` gives them
        - output: F_v [N, out_channels, h, w]

    Raises:
        ConfigError: timm does not have the model, or the model has no such convolution.
        CheckpointError: The weights belong to another model.
    """

    def __init__(self, name: str, weights: str | None = None) -> None:
        check_timm_name(name)
        net = create_timm(name, False)
        if not (hasattr(net, 'conv_head') and hasattr(net, 'bn2')):
            raise ConfigError(
                f'{name} has no convolution between its last stage and its classifier: choose an '
                'EfficientNet'
            )
        if weights is not None:
            load_classifier(net, weights, name)
        super().__init__(net.conv_head, net.bn2)
        self.stage_channels = net.conv_head.in_channels
        self.out_channels = net.conv_head.out_channels

    def forward(self, features: Tensor) -> Tensor:
        """Map the last stage's features to F_v."""
        return super().forward(features[:, -self.stage_channels :])
