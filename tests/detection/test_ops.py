import importlib.util
import re
import sys
from pathlib import Path

import pytest
import torch

import mmavl

pytest.importorskip('mmdet', reason='mmdet is not installed')

from mmavl.detection.ops import nms, provide_ops


def boxes():
    """Three overlapping boxes of 10 x 10 and one apart; IoU of neighbours 90 / 110."""
    return torch.tensor([[0.0, 0, 10, 10], [0, 1, 10, 11], [0, 2, 10, 12], [50, 50, 60, 60]])


def test_nms_keeps_the_best_of_those_that_overlap_best_first():
    scores = torch.tensor([0.3, 0.9, 0.2, 0.5])
    assert nms(boxes(), scores, iou_threshold=0.8).tolist() == [1, 3]
    assert nms(boxes(), scores, iou_threshold=0.82).tolist() == [1, 3, 0, 2]


def test_nms_counts_the_last_pixel_where_it_is_asked_to():
    # widths of 1 and 2 pixels: IoU 1/2; without the last pixel the first has no area
    pair = torch.tensor([[0.0, 0, 0, 0], [0, 0, 1, 0]])
    scores = torch.tensor([0.9, 0.8])
    assert nms(pair, scores, iou_threshold=0.4, offset=1).tolist() == [0]
    assert nms(pair, scores, iou_threshold=0.6, offset=1).tolist() == [0, 1]


@pytest.mark.skipif(not provide_ops(), reason='mmcv has compiled operations here')
def test_any_other_operation_says_its_name_and_the_way_out():
    from mmcv.ops import soft_nms

    with pytest.raises(NotImplementedError, match=r"'softnms'.*pip install --no-build-isolation"):
        soft_nms(boxes(), torch.rand(4))


@pytest.mark.skipif(not provide_ops(), reason='mmcv has compiled operations here')
def test_mmcv_finds_no_operation_without_the_stand_in_and_all_with_it(monkeypatch):
    from mmcv.utils.ext_loader import load_ext

    assert load_ext('_ext', ['nms', 'roi_align_forward']).nms is nms
    assert importlib.util.find_spec('mmcv._ext') is not None
    monkeypatch.delitem(sys.modules, 'mmcv._ext')
    with pytest.raises(ModuleNotFoundError, match=r'mmcv\._ext'):
        load_ext('_ext', ['nms'])


def test_nothing_of_the_core_imports_mmdet_or_this_package():
    core = Path(mmavl.__file__).parent
    pattern = re.compile(r'^\s*(from|import) (mmdet|mmcv|mmavl\.detection|\.+detection)\b', re.M)
    paths = [p for p in core.rglob('*.py') if 'detection' not in p.relative_to(core).parts]
    paths = [p for p in paths if '.mim' not in p.parts]
    assert len(paths) > 100
    assert [str(p) for p in paths if pattern.search(p.read_text())] == []
