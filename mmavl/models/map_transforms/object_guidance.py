"""Maps drawn towards what looks like an object."""

from torch import Tensor

from mmavl.errors import ConfigError
from mmavl.evaluation.functional import min_max
from mmavl.registry import MODELS

from .base_map_transform import BaseMapTransform, MapContext
from .resize import resize_maps


@MODELS.register_module()
class ObjectGuidance(BaseMapTransform):
    """``alpha * map + (1 - alpha) * objects``, both stretched to [0, 1].

    The map of objects is the mean over the channels of the absolute values of a network that was
    trained on pictures of objects. It says where objects are whatever sounds: with a small alpha
    a localizer points at the most salient object, under any sound.

    Args:
        alpha (float): Weight of the localizer's map. Defaults to 0.4, as published.
        backbone (dict, optional): Config of a network with one map, which is not trained. Defaults
            to None: the localizer's own visual backbone, with its cached features if available.
        largest (float, optional): Stretch nothing: maps are scores from 0 to 1 already (see
            :class:`CosineScores`), and the map of objects is divided by this value, at most 1;
            published for SLAVC with 2.5. Then absolute thresholds mean something. Defaults to
            None.

    Raises:
        ValueError: alpha is not from 0 to 1, or the largest value not above 0.

    Source: EZ-VSL (S. Mo and P. Morgado, ECCV 2022), section 3.3.
    """

    def __init__(
        self, alpha: float = 0.4, backbone: dict | None = None, largest: float | None = None
    ) -> None:
        super().__init__()
        if not 0 <= alpha <= 1:
            raise ValueError(f'alpha={alpha} is not from 0 to 1')
        if largest is not None and largest <= 0:
            raise ValueError(f'largest={largest} is not above 0')
        self.alpha = alpha
        self.largest = largest
        self.backbone = MODELS.build(backbone).requires_grad_(False) if backbone else None

    def forward(self, maps: Tensor, context: MapContext | None = None) -> Tensor:
        """[P, h, w] -> [P, h, w]; a map that is constant becomes 0."""
        context = self.origin(context)
        objects = context.by_map(self._features(context).float().abs().mean(1))
        objects = resize_maps(objects, maps.shape[-2:])
        if self.largest is None:
            maps, objects = min_max(maps), min_max(objects)
        else:
            objects = (objects / self.largest).clamp_max(1)
        return self.alpha * maps + (1 - self.alpha) * objects

    def _features(self, context: MapContext) -> Tensor:
        """[N, c, h', w']."""
        if self.backbone is None:
            cached = context.inputs.get('image_features')
            if cached is not None:
                return cached
        elif 'image' not in context.inputs:
            raise ConfigError(
                'ObjectGuidance has its own backbone, which needs images, but image features are '
                'cached: remove its backbone, or do not cache image features'
            )
        return (self.backbone or context.localizer.visual_backbone)(context.inputs['image'])
