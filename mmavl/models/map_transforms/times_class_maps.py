"""The product of a map and the class activation."""

from torch import Tensor

from mmavl.registry import MODELS

from .base_map_transform import BaseMapTransform, MapContext
from .resize import resize_maps


@MODELS.register_module()
class TimesClassMaps(BaseMapTransform):
    """Multiply each map by the class activation of its class in the picture.

    What sounds is so looked for among what looks like it. An extension of ours.
    """

    needs = ('visual_tag_head', 'disentangler')

    def forward(self, maps: Tensor, context: MapContext) -> Tensor:
        """Multiply [P, h, w]; the class activation is resized to it (bilinear)."""
        return resize_maps(context.class_maps(), maps.shape[-2:]) * maps
