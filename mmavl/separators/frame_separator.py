"""The base class of separators that use frames directly, without a localizer."""

from torch import Tensor, nn

from mmavl.registry import MODELS

from .mask_separator import MaskSeparator


class FrameSeparator(MaskSeparator):
    """A mask separator with its own visual backbone.

    Args:
        visual_backbone (dict): Config of a backbone with one output map; ``FeatureCacheHook``
            caches the features of a :class:`CachedBackbone`.
        visual_neck (dict): Config of the trained layers after it.
        unet (dict): Config of a :class:`SeparationUNet`.
        **kwargs: See :class:`MaskSeparator`.
    """

    #: Whether a source is given by its object's box in the whole frame, not by the box's content.
    uses_boxes = False

    def __init__(self, visual_backbone: dict, visual_neck: dict, unet: dict, **kwargs) -> None:
        super().__init__(unet, **kwargs)
        self.visual_backbone: nn.Module = MODELS.build(visual_backbone)
        self.visual_neck: nn.Module = MODELS.build(visual_neck)

    def look(self, inputs: dict[str, Tensor]) -> Tensor:
        """The features of the frames [S, c, h, w], from the cache if available."""
        visual = inputs.get('image_features')
        if visual is None:
            visual = self.visual_backbone(inputs['image'])
        return self.visual_neck(visual)
