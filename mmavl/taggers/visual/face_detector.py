"""Face detection, for sounds that people make."""

import numpy as np
import torch
from torch import Tensor

from mmavl.registry import MODELS
from mmavl.utils.autocast import full_precision

from .base_dense_classifier import BaseDenseClassifier


@MODELS.register_module()
class FaceDetector(BaseDenseClassifier):
    """MTCNN's face boxes as the map of one label, 'face', since ImageNet has no class for people.

    Each face is a bump over its box with the height ``peak``; elsewhere the map is 0.

    Args:
        peak (float): Logit at the centre of a face. Defaults to 10: most images of people show
            a face, so a face is weak evidence of who makes a sound.
        threshold (float): Minimum probability of a face. Defaults to 0.85.
        smallest (int): Minimum side of a face in pixels. Defaults to 20.

    Raises:
        ModuleNotFoundError: The package facenet-pytorch, which contains MTCNN, is missing.

    Source: K. Zhang et al., Joint Face Detection and Alignment Using Multitask Cascaded
    Convolutional Networks, IEEE Signal Processing Letters 2016.
    """

    labels = ['face']
    stride = 8
    sizes = (448,)  # MTCNN builds its own image pyramid

    def __init__(self, peak: float = 10.0, threshold: float = 0.85, smallest: int = 20) -> None:
        super().__init__()
        try:
            from facenet_pytorch import MTCNN
        except ModuleNotFoundError as error:
            raise ModuleNotFoundError(
                'FaceDetector needs facenet-pytorch. Run: '
                'pip install --no-deps facenet-pytorch==2.6.0'
            ) from error
        self.net = MTCNN(keep_all=True, min_face_size=smallest)
        self.peak = peak
        self.threshold = threshold
        self.requires_grad_(False)

    def forward(self, image: Tensor) -> Tensor:
        """Map images [N, 3, H, W] to [N, 1, H / 8, W / 8]."""
        height, width = (side // self.stride for side in image.shape[-2:])
        maps = image.new_zeros(len(image), 1, height, width)
        self.net.device = image.device  # MTCNN keeps its own device
        with full_precision(image.device):
            detections = self.net.detect(image.float().permute(0, 2, 3, 1))
        for one, boxes, probs in zip(maps, *detections):
            for box, prob in zip([] if boxes is None else boxes, probs):
                if prob > self.threshold:
                    one[0] = one[0].maximum(
                        self.peak * _bump(box, height, width, self.stride).to(one)
                    )
        return maps


def _bump(box: np.ndarray, height: int, width: int, stride: int) -> Tensor:
    """A bump with 1 at the centre of an xyxy box in pixels, 0.5 at its edges: [height, width]."""
    left, top, right, bottom = (float(edge) / stride for edge in box)
    x, y = torch.arange(width) + 0.5, torch.arange(height) + 0.5
    across = (2 * x - left - right) / max(right - left, 1e-6)
    down = (2 * y - top - bottom) / max(bottom - top, 1e-6)
    return torch.exp2(-across.square()[None] - down.square()[:, None])
