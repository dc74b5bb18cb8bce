"""What peers that look at a frame themselves, without a localizer, have in common."""

from torch import Tensor, nn

from mmavl.registry import MODELS

from .mask_separator import MaskSeparator


class FrameSeparator(MaskSeparator):
    """A mask separator with a visual backbone of its own.

    Args:
        visual_backbone (dict): Config of a backbone with one output map; ``FeatureCacheHook``
            caches that of a :class:`CachedBackbone`.
        visual_neck (dict): Config of the trained layers behind it.
        unet (dict): Config of a :class:`SeparationUNet`.
        **kwargs: As for :class:`MaskSeparator`.
    """

    #: Whether a source is shown by its object's box in the whole frame, not by what is inside.
    uses_boxes = False

    def __init__(self, visual_backbone: dict, visual_neck: dict, unet: dict, **kwargs) -> None:
        super().__init__(unet, **kwargs)
        self.visual_backbone: nn.Module = MODELS.build(visual_backbone)
        self.visual_neck: nn.Module = MODELS.build(visual_neck)

    def look(self, inputs: dict[str, Tensor]) -> Tensor:
        """The frames' features [S, c, h, w], from the cache where they are in it."""
        visual = inputs.get('image_features')
        if visual is None:
            visual = self.visual_backbone(inputs['image'])
        return self.visual_neck(visual)
