"""Map transforms: processing of localization maps after Eq. 8."""

from .base_map_transform import BaseMapTransform, MapContext, build_map_transforms
from .cell_correspondence import CellCorrespondence
from .connected_to_peak import ConnectedToPeak, connected_to_peak
from .cosine_scores import CosineScores
from .heat import ExponentialHeat, MinMaxHeat, SigmoidHeat
from .object_guidance import ObjectGuidance
from .resize import resize_maps
from .smooth_maps import SmoothMaps, smooth_maps
from .times_class_maps import TimesClassMaps

__all__ = [
    'BaseMapTransform',
    'CellCorrespondence',
    'ConnectedToPeak',
    'CosineScores',
    'ExponentialHeat',
    'MapContext',
    'MinMaxHeat',
    'ObjectGuidance',
    'SigmoidHeat',
    'SmoothMaps',
    'TimesClassMaps',
    'build_map_transforms',
    'connected_to_peak',
    'resize_maps',
    'smooth_maps',
]
