"""Class activation of any timm classifier."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from mmavl.errors import ConfigError
from mmavl.models.backbones.timm_backbone import check_timm_name
from mmavl.registry import MODELS
from mmavl.utils.hub import create_timm
from mmavl.utils.label_lists import read_labels
from mmavl.utils.weights import load_classifier

from .base_dense_classifier import BaseDenseClassifier


@MODELS.register_module()
class TimmDenseClassifier(BaseDenseClassifier):
    """A timm convolutional classifier whose head is applied to every cell of its last map.

    For a head of global average pooling and a linear layer this is class activation mapping:
    the mean of the map over the cells is the classifier's logit.

    Args:
        name (str): timm's name of the model, e.g. 'tf_efficientnet_lite0'.
        weights (str, optional): .pth or .safetensors, as a path or ``pkg://package/path``.
            Matched by name; by position, checked shape by shape, where no name fits. Defaults to
            None.
        pretrained (bool): Let timm download its weights instead. Defaults to False.
        labels (str | Sequence[str]): Defaults to ImageNet's 1000 names.
        mean (Sequence[float]): In 0-255. Defaults to ImageNet's.
        std (Sequence[float]): In 0-255. Defaults to ImageNet's.

    Raises:
        ConfigError: timm does not have the model, or it has no maps.
        CheckpointError: The weights are another model's, or have other than L outputs.
        ConnectionError: ``pretrained`` weights cannot be fetched.

    Source: B. Zhou et al., Learning Deep Features for Discriminative Localization, CVPR 2016.
    """

    def __init__(
        self,
        name: str,
        weights: str | None = None,
        pretrained: bool = False,
        labels: str | Sequence[str] = 'timm:imagenet-1k',
        mean: Sequence[float] = (123.675, 116.28, 103.53),
        std: Sequence[float] = (58.395, 57.12, 57.375),
    ) -> None:
        super().__init__()
        self.labels = read_labels(labels)
        check_timm_name(name)
        self.net = create_timm(name, pretrained, num_classes=len(self.labels))
        if weights is not None:
            load_classifier(self.net, weights, name)
        self._channels_last = getattr(self.net, 'output_fmt', 'NCHW') == 'NHWC'
        self.stride = _stride(self.net, name)
        self.register_buffer('mean', torch.tensor(mean).view(1, 3, 1, 1), persistent=False)
        self.register_buffer('std', torch.tensor(std).view(1, 3, 1, 1), persistent=False)
        self.requires_grad_(False)
        self.to(memory_format=torch.channels_last)  # twice as fast for depthwise convolutions

    def forward(self, image: Tensor) -> Tensor:
        """Map pictures [N, 3, H, W] to class activations [N, L, h, w]."""
        inputs = ((image - self.mean) / self.std).contiguous(memory_format=torch.channels_last)
        features = self.net.forward_features(inputs)
        if not self._channels_last:
            features = features.permute(0, 2, 3, 1)
        count, height, width, channels = features.shape
        cells = features.reshape(-1, 1, 1, channels)
        if not self._channels_last:
            cells = cells.permute(0, 3, 1, 2)
        logits = self.net.forward_head(cells)
        return logits.view(count, height, width, -1).permute(0, 3, 1, 2)


def _stride(net: nn.Module, name: str) -> int:
    """Pixels per cell of the last map.

    Raises:
        ConfigError: It is no map but a list of tokens.
    """
    side = net.default_cfg['input_size'][-1]
    with torch.no_grad():
        features = net.eval().forward_features(torch.zeros(1, 3, side, side))
    if features.ndim != 4:
        raise ConfigError(f'{name} has no feature maps: choose a convolutional network')
    return net.feature_info[-1]['reduction']
