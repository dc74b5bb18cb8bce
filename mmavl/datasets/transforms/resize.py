"""Bringing frames to a fixed size."""

from mmavl.media.image import resized
from mmavl.registry import TRANSFORMS


@TRANSFORMS.register_module()
class Resize:
    """Stretch the frame to a fixed size, so that a batch can be stacked.

    Boxes do not change, since they are normalised at this point.

    Args:
        size (tuple[int, int]): (H, W). Defaults to (256, 256).
    """

    def __init__(self, size: tuple[int, int] = (256, 256)) -> None:
        height, width = size
        self.size = (height, width)

    def __call__(self, results: dict) -> dict:
        """Resize the image."""
        if 'image' not in results or results['image'].shape[:2] == self.size:
            return results
        results['image'] = resized(results['image'], self.size[::-1])
        return results
