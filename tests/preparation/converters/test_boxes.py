import json
from pathlib import Path

import numpy as np
import pytest

from mmavl.errors import DataError
from mmavl.preparation.converters.boxes import require_xywh, require_xyxy
from mmavl.preparation.published import read_flickr_boxes, read_instrument_release

SHARED = Path(__file__).parents[4] / 'shared/data'
needs_release = pytest.mark.skipif(
    not SHARED.is_dir(), reason=f'the published annotations are not at {SHARED}'
)


def test_corners_given_as_width_and_height_are_told():
    require_xywh(np.array([[0.5, 0.5, 0.5, 0.5], [0.1, 0.1, 0.2, 0.2]]), 'x.json')
    corners = np.array([[0.5, 0.5, 0.9, 0.9], [0.1, 0.1, 0.3, 0.3]])
    with pytest.raises(
        DataError, match=r'x\.json: boxes seem to be x1, y1, x2, y2.*1 of 2 extend'
    ):
        require_xywh(corners, 'x.json')


def test_one_bad_box_among_good_ones_does_not_blame_the_format():
    boxes = np.array([[0.6, 0.5, 0.5, 0.4], [0.5, 0.5, 0.2, 0.2]])
    require_xywh(boxes, 'x.json')


def test_pixels_given_as_shares_and_shares_as_pixels_are_told():
    with pytest.raises(DataError, match='boxes are in pixels'):
        require_xywh(np.array([[10.0, 20, 30, 40]]), 'x.json')
    with pytest.raises(DataError, match='boxes are relative to the frame'):
        require_xyxy(np.array([[0.1, 0.2, 0.3, 0.4]]), 'x.pkl')


def test_width_and_height_given_as_corners_are_told():
    require_xyxy(np.array([[83, 108, 167, 256], [5.0, 5, 5, 5]]), 'x.pkl')
    with pytest.raises(
        DataError, match=r'x\.pkl: boxes seem to be x, y, width, height.*1 of 2 end'
    ):
        require_xyxy(np.array([[150.0, 150, 60, 60], [1, 1, 100, 100]]), 'x.pkl')


def test_no_boxes_are_of_any_format():
    require_xywh(np.zeros((0, 4)), 'x')
    require_xyxy(np.zeros((0, 4)), 'x')


@needs_release
def test_every_published_file_passes_and_is_told_when_it_is_turned():
    release = read_instrument_release(SHARED / 'original_release')
    solo = json.loads((SHARED / 'music/music_solo_boxes.json').read_text())
    for boxes in (
        np.concatenate(list(release.boxes.values()))[:, :4],
        np.array([item['bbox'] for item in solo]),
    ):
        require_xywh(boxes, 'x')
        corners = np.c_[boxes[:, :2], boxes[:, :2] + boxes[:, 2:]]
        with pytest.raises(DataError, match='boxes seem to be x1, y1, x2, y2'):
            require_xywh(corners, 'x')
    corners = np.concatenate(
        list(read_flickr_boxes(SHARED / 'original_release/gtdata.pkl').values())
    )
    require_xyxy(corners, 'x')
    with pytest.raises(DataError, match='boxes seem to be x, y, width, height'):
        require_xyxy(np.c_[corners[:, :2], corners[:, 2:] - corners[:, :2]], 'x')
