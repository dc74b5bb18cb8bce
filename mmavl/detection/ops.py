"""A stand-in for mmcv's compiled operations on machines that have none."""

import importlib.util
import sys
from collections.abc import Callable
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import NoReturn

from torch import Tensor
from torchvision.ops import nms as torchvision_nms

_NAME = 'mmcv._ext'


def provide_ops() -> bool:
    """Register the stand-in as ``mmcv._ext``, if mmcv came without its compiled operations.

    mmcv looks every operation up when ``mmcv.ops`` is imported, which mmdet does, so this must
    come before.

    Returns:
        bool: Whether the stand-in is what mmcv finds.
    """
    if _NAME not in sys.modules and importlib.util.find_spec(_NAME) is None:
        sys.modules[_NAME] = _StandIn(_NAME)
    return isinstance(sys.modules.get(_NAME), _StandIn)


class _StandIn(ModuleType):
    """Has every operation; all but ``nms`` raise when they are called."""

    def __init__(self, name: str) -> None:
        super().__init__(name, 'Stands in for the compiled operations of mmcv.')
        self.__spec__ = ModuleSpec(name, None)
        self.nms = nms

    def __getattr__(self, name: str) -> Callable[..., NoReturn]:
        if name.startswith('__'):
            raise AttributeError(name)

        def missing(*args, **kwargs) -> NoReturn:
            raise NotImplementedError(
                f'mmcv was installed without compiled operations, and the model uses {name!r}: '
                'choose a model without it (RoIAlign takes use_torchvision=True), or build mmcv '
                'with a compiler, beside torch: pip install --no-build-isolation --no-cache-dir '
                '--force-reinstall --no-deps onedl-mmcv'
            )

        return missing


def nms(boxes: Tensor, scores: Tensor, iou_threshold: float, offset: int = 0) -> Tensor:
    """Non-maximum suppression with the signature of mmcv's, computed by torchvision.

    Args:
        boxes (Tensor): xyxy, [n, 4].
        scores (Tensor): [n].
        iou_threshold (float): A box that overlaps a better one by more is dropped.
        offset (int): 1 where ``x2`` and ``y2`` are the last pixel inside, so that a width is
            ``x2 - x1 + 1``. Defaults to 0.

    Returns:
        Tensor: Indices of the boxes kept, best first, [m].
    """
    if offset:
        boxes = boxes + boxes.new_tensor([0, 0, offset, offset])
    return torchvision_nms(boxes, scores, iou_threshold)
