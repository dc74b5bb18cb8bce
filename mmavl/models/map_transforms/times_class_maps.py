"""The product of a map and the class activation."""

from torch import Tensor

from mmavl.registry import MODELS

from .base_map_transform import BaseMapTransform, MapContext
from .resize import resize_maps


@MODELS.register_module()
class TimesClassMaps(BaseMapTransform):
    """Multiply each map by the class activation of its class in the image.

    This restricts sounding regions to those that look like the class (an extension).
    """

    needs = ('visual_tag_head', 'disentangler')

    def forward(self, maps: Tensor, context: MapContext | None = None) -> Tensor:
        """Multiply maps [P, h, w]; the class activation is resized to them (bilinear)."""
        return resize_maps(self.origin(context).class_maps(), maps.shape[-2:]) * maps
