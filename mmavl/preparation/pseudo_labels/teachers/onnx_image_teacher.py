"""ONNX image classifiers as teachers."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from mmavl.registry import MODELS
from mmavl.utils.onnx_session import OnnxSession

from .base_teacher import BaseTeacher
from .pictures import normalised_batch


@MODELS.register_module()
class OnnxImageTeacher(BaseTeacher):
    """An ONNX image classifier, run by onnxruntime.

    Args:
        weights (str): The .onnx file, or a .zip of it, as a path or ``pkg://package/path``. It
            maps pictures [N, 3, H, W] to [N, L].
        labels (str | Sequence[str]): Defaults to ImageNet's 1000 names.
        size (tuple[int, int]): The (H, W) to resize pictures to. Defaults to (224, 224).
        mean (Sequence[float]): Pixel mean, in 0-255. Defaults to ImageNet's.
        std (Sequence[float]): Pixel standard deviation, in 0-255. Defaults to ImageNet's.
        activation (str): Defaults to 'softmax'; use 'none' if the graph ends with a softmax.
    """

    modality = 'visual'

    def __init__(
        self,
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
        self.session = OnnxSession(self.weights)

    def probabilities(self, media: list[np.ndarray]) -> Tensor:
        """Probabilities [n, L] of n pictures."""
        batch = normalised_batch(media, self.size, self.mean, self.std)
        return self.activate(torch.from_numpy(self.session(batch.numpy())))
