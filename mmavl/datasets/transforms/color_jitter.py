"""Changing colours."""

import torch
import torchvision

from mmavl.registry import TRANSFORMS


@TRANSFORMS.register_module()
class ColorJitter:
    """Change brightness, contrast, saturation and hue at random, as torchvision does.

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
        """Change the image."""
        if 'image' in results:
            image = torch.from_numpy(results['image']).permute(2, 0, 1)
            results['image'] = self.jitter(image).permute(1, 2, 0).contiguous().numpy()
        return results
