"""Random changes of colour."""

import numpy as np
import torchvision
from PIL import Image

from mmavl.registry import TRANSFORMS


@TRANSFORMS.register_module()
class ColorJitter:
    """Change brightness, contrast, saturation and hue at random with torchvision.

    Args:
        brightness (float): Defaults to 0.4.
        contrast (float): Defaults to 0.4.
        saturation (float): Defaults to 0.4.
        hue (float): At most 0.5; by far the slowest of the four. Defaults to 0.
    """

    def __init__(
        self,
        brightness: float = 0.4,
        contrast: float = 0.4,
        saturation: float = 0.4,
        hue: float = 0.0,
    ) -> None:
        self.jitter = torchvision.transforms.ColorJitter(brightness, contrast, saturation, hue)

    def __call__(self, results: dict) -> dict:
        """Jitter the colours."""
        if 'image' in results:
            # On a CPU, Pillow is three times as fast as operations on tensors.
            results['image'] = np.array(self.jitter(Image.fromarray(results['image'])))
        return results
