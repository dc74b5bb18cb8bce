"""Scaling frames by their shorter side."""

from mmavl.media.image import resized
from mmavl.registry import TRANSFORMS


@TRANSFORMS.register_module()
class ResizeShorterSide:
    """Scale the frame so that its shorter side has a given length, with its aspect ratio kept.

    Frames of different shapes cannot be stacked: a model for them needs the data preprocessor
    :class:`MixedSizePreprocessor`. Boxes do not change, since they are normalised at this
    point.

    Args:
        size (int): Length of the shorter side in pixels.
        max_ratio (float): The largest aspect ratio; longer frames are stretched to it.
            Defaults to 4.
    """

    def __init__(self, size: int, max_ratio: float = 4.0) -> None:
        self.size = size
        self.max_ratio = max_ratio

    def __call__(self, results: dict) -> dict:
        """Scale the image."""
        if 'image' not in results:
            return results
        sides = results['image'].shape[1::-1]
        scale = self.size / min(sides)
        longest = round(self.size * self.max_ratio)
        width, height = (min(max(round(side * scale), self.size), longest) for side in sides)
        results['image'] = resized(results['image'], (width, height))
        return results
