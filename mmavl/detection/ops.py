"""A replacement for mmcv's compiled operations on machines without them."""

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
    """Register the replacement as ``mmcv._ext``, if mmcv has no compiled operations.

    mmcv looks up all operations when ``mmcv.ops`` is imported, as mmdet does, so this must
    be called first.

    Returns:
        bool: Whether mmcv will use the replacement.
    """
    if _NAME not in sys.modules and importlib.util.find_spec(_NAME) is None:
        sys.modules[_NAME] = _StandIn(_NAME)
    return isinstance(sys.modules.get(_NAME), _StandIn)


class _StandIn(ModuleType):
    """Has all operations; all but ``nms`` raise when called."""

    def __init__(self, name: str) -> None:
        super().__init__(name, 'Replaces the compiled operations of mmcv.')
        self.__spec__ = ModuleSpec(name, None)
        self.nms = nms

    def __getattr__(self, name: str) -> Callable[..., NoReturn]:
        if name.startswith('__'):
            raise AttributeError(name)

        def missing(*args, **kwargs) -> NoReturn:
            raise NotImplementedError(
                f'mmcv was installed without compiled operations, but the model uses {name!r}: '
                'choose a model without it (RoIAlign has use_torchvision=True), or build mmcv '
                'for your torch with a compiler: pip install --no-build-isolation --no-cache-dir '
                '--force-reinstall --no-deps onedl-mmcv'
            )

        return missing


def nms(boxes: Tensor, scores: Tensor, iou_threshold: float, offset: int = 0) -> Tensor:
    """Non-maximum suppression by torchvision, with the signature of mmcv's.

    Args:
        boxes (Tensor): xyxy, [n, 4].
        scores (Tensor): [n].
        iou_threshold (float): Boxes whose overlap with a better box exceeds it are dropped.
        offset (int): 1 if ``x2`` and ``y2`` are the last pixels inside, so that widths are
            ``x2 - x1 + 1``. Defaults to 0.

    Returns:
        Tensor: Indices of the remaining boxes, best first, [m].
    """
    if offset:
        boxes = boxes + boxes.new_tensor([0, 0, offset, offset])
    return torchvision_nms(boxes, scores, iou_threshold)
