"""Class activation maps of timm classifiers."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from mmavl.errors import ConfigError
from mmavl.models.backbones.timm_backbone import check_timm_name
from mmavl.registry import MODELS
from mmavl.utils.hub import create_timm
from mmavl.utils.label_lists import read_labels
from mmavl.utils.weights import load_classifier

from .base_dense_classifier import BaseDenseClassifier


@MODELS.register_module()
class TimmDenseClassifier(BaseDenseClassifier):
    """A timm convolutional classifier whose head is applied to each cell of its last feature map.

    If the head is global average pooling and a linear layer, this is class activation mapping:
    the mean of the map over its cells is the classifier's logit.

    Args:
        name (str): timm's name of the model, e.g. 'tf_efficientnet_lite0'.
        weights (str, optional): A .pth or .safetensors file, as a path or ``pkg://package/path``.
            Tensors are matched by name, or by position if no name fits; shapes are checked.
            Defaults to None.
        pretrained (bool): Let timm download its weights instead. Defaults to False.
        labels (str | Sequence[str]): Defaults to ImageNet's 1000 names.
        mean (Sequence[float]): Pixel mean, in 0-255. Defaults to ImageNet's.
        std (Sequence[float]): Pixel standard deviation, in 0-255. Defaults to ImageNet's.

    Raises:
        ConfigError: timm does not have the model, or the model has no feature maps.
        CheckpointError: The weights belong to another model, or do not have L outputs.
        ConnectionError: ``pretrained`` weights cannot be downloaded.

    Source: B. Zhou et al., Learning Deep Features for Discriminative Localization, CVPR 2016.
    """

    mean: Tensor
    std: Tensor

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
        """Map images [N, 3, H, W] to class activations [N, L, h, w]."""
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


def _stride(net: Any, name: str) -> int:
    """Pixels per cell of the last feature map.

    Raises:
        ConfigError: The network outputs a list of tokens instead of a map.
    """
    side = net.default_cfg['input_size'][-1]
    with torch.no_grad():
        features = net.eval().forward_features(torch.zeros(1, 3, side, side))
    if features.ndim != 4:
        raise ConfigError(f'{name} has no feature maps: choose a convolutional network')
    return net.feature_info[-1]['reduction']
