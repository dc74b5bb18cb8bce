import numpy as np
import pytest

from mmavl.evaluation.map_boxes import boxes_of_map


def test_each_region_above_half_maximum_has_a_box_in_the_frames_pixels():
    heat = np.zeros((256, 256))
    heat[64:128, 32:96] = 1.0
    heat[192:224, 128:256] = 0.75
    heat[0:32, 0:32] = 0.5  # not above the half
    boxes = boxes_of_map(heat, (512, 128))
    assert [box.xyxy for box in boxes] == [(64, 32, 192, 64), (256, 96, 512, 112)]
    assert [box.peak for box in boxes] == [1.0, 0.75]


def test_a_small_map_is_interpolated_first():
    heat = np.zeros((4, 4))
    heat[1, 2] = 1.0
    (box,) = boxes_of_map(heat, (256, 256))
    # linear between the centres of cells of 64 pixels: half is half a cell from the centre
    assert box.xyxy == pytest.approx((128, 64, 192, 128), abs=1.1)


def test_specks_and_maps_without_a_shape_have_no_box():
    speck = np.zeros((256, 256))
    speck[0, 0] = 1
    assert boxes_of_map(speck, (64, 64)) == []
    assert boxes_of_map(np.ones((4, 4)), (64, 64)) == []
    assert boxes_of_map(np.full((4, 4), np.nan), (64, 64)) == []
