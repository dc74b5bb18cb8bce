"""Boxes from a detector: everything that uses mmdet.

Importing this package makes ``import mmdet.models`` work if mmcv has no compiled operations;
a detector's config therefore starts with ``custom_imports = dict(imports=['mmavl.detection'])``.
"""

from mmavl.utils.dependencies import check_openmmlab

check_openmmlab('mmcv', 'mmdet')

from .ops import provide_ops  # noqa: E402

provide_ops()

from .detector import DetectedBox, Detector  # noqa: E402
from .frames import ManifestFrames  # noqa: E402
from .references import Journal, box_references, require_classes, sounding_tags  # noqa: E402

__all__ = [
    'DetectedBox',
    'Detector',
    'Journal',
    'ManifestFrames',
    'box_references',
    'provide_ops',
    'require_classes',
    'sounding_tags',
]
