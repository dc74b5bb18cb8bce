"""timm classifiers as teachers."""

from collections.abc import Sequence

import numpy as np
import timm
import torch
from torch import Tensor

from mmavl.models.backbones.timm_backbone import check_timm_name
from mmavl.registry import MODELS
from mmavl.utils.weights import load_classifier

from .base_teacher import BaseTeacher
from .pictures import normalised_batch


@MODELS.register_module()
class TimmTeacher(BaseTeacher):
    """A timm image classifier with a local weight file.

    Args:
        name (str): timm's name of the model, e.g. 'resnet18'.
        weights (str): A .pth or .safetensors file, as a path or ``pkg://package/path``. Tensors
            are matched by name, or by position if no name fits; shapes are checked.
        labels (str | Sequence[str]): Defaults to ImageNet's 1000 names.
        size (tuple[int, int]): The (H, W) to resize pictures to. Defaults to (224, 224).
        mean (Sequence[float]): Pixel mean, in 0-255. Defaults to ImageNet's.
        std (Sequence[float]): Pixel standard deviation, in 0-255. Defaults to ImageNet's.
        activation (str): Defaults to 'softmax'.

    Raises:
        ConfigError: timm does not have the model.
        CheckpointError: The weights belong to another model, or do not have L outputs.
    """

    modality = 'visual'

    def __init__(
        self,
        name: str,
        weights: str,
        labels: str | Sequence[str] = 'timm:imagenet-1k',
        size: tuple[int, int] = (224, 224),
        mean: Sequence[float] = (123.675, 116.28, 103.53),
        std: Sequence[float] = (58.395, 57.12, 57.375),
        activation: str = 'softmax',
    ) -> None:
        super().__init__(weights, labels, activation)
        height, width = size
        self.size, self.mean, self.std = (height, width), mean, std
        check_timm_name(name)
        self.net = timm.create_model(name, num_classes=len(self.labels)).eval()
        load_classifier(self.net, weights, name)
        self.net.to(memory_format=torch.channels_last)  # twice as fast for depthwise convolutions

    def probabilities(self, media: list[np.ndarray]) -> Tensor:
        """Probabilities [n, L] of n pictures."""
        batch = normalised_batch(media, self.size, self.mean, self.std)
        return self.activate(self.net(batch.to(memory_format=torch.channels_last)))
