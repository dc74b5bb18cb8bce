import cv2
import numpy as np
import pytest

from mmavl.scenes.frame import (
    FRAME_SIDE,
    FrameStyle,
    Layer,
    alter,
    arrange,
    compose_frame,
    overlap,
    turn,
)


def disc(height=60, width=90, colour=(0, 0, 255)):
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    picture = np.zeros((height, width, 4), np.uint8)
    picture[..., :3] = colour
    picture[..., 3] = np.where(x**2 + y**2 < 1, 255, 0)
    return picture


GREY = np.full((300, 400, 3), 128, np.uint8)


@pytest.mark.parametrize('seed', range(8))
def test_boxes_are_tight_on_what_is_visible(seed):
    frame, (box,) = compose_frame(np.random.default_rng(seed), GREY, [disc()])
    assert frame.shape == (FRAME_SIDE, FRAME_SIDE, 3)
    coloured = cv2.cvtColor(frame, cv2.COLOR_BGR2HSV)[..., 1] > 60  # grey and shadow have none
    rows, columns = np.flatnonzero(coloured.any(1)), np.flatnonzero(coloured.any(0))
    seen = np.array([columns[0], rows[0], np.ptp(columns) + 1, np.ptp(rows) + 1])
    assert np.abs(seen - np.array(box) * FRAME_SIDE).max() <= 1


@pytest.mark.parametrize('number', [1, 2, 3, 4])
def test_cutouts_keep_their_size_their_distance_and_inside_the_frame(number):
    for seed in range(10):
        layers = arrange(
            np.random.default_rng(seed), [disc(), disc(30, 90), disc(90, 20), disc()][:number]
        )
        assert len(layers) == number
        for layer in layers:
            left, top, width, height = layer.box
            assert min(left, top) >= 0
            assert max(left + width, top + height) <= 1
            assert 0.24 <= max(width, height) <= 0.61
        for i, layer in enumerate(layers):
            assert all(overlap(layer, other) <= 0.12 for other in layers[:i])


def test_boxes_stand_in_the_order_of_the_cutouts():
    wide, tall = disc(20, 200), disc(200, 20)
    for seed in range(5):
        _, (first, second) = compose_frame(np.random.default_rng(seed), GREY, [wide, tall])
        assert first[2] > first[3]
        assert second[2] < second[3]


def test_overlap_is_the_shared_part_of_the_smaller_box():
    def layer(left, top, width, height):
        return Layer(np.zeros((height, width, 4), np.uint8), left, top)

    assert overlap(layer(0, 0, 10, 10), layer(5, 5, 100, 100)) == pytest.approx(0.25)
    assert overlap(layer(0, 0, 10, 10), layer(10, 0, 10, 10)) == 0


def test_a_quarter_turn_exchanges_height_and_width():
    turned = turn(disc(40, 80), 90)
    assert turned.shape[0] == pytest.approx(80, abs=2)
    assert turned.shape[1] == pytest.approx(40, abs=2)


def test_turning_leaves_no_dark_seam():
    turned = turn(disc(colour=(0, 0, 255)), 17)
    visible = turned[turned[..., 3] > 100]
    assert visible[:, 2].min() > 250
    assert visible[:, :2].max() < 5


def test_altering_keeps_the_kind_of_colour():
    for seed in range(10):
        altered = alter(np.random.default_rng(seed), disc(colour=(0, 0, 220)))
        blue, green, red, _ = altered[altered.shape[0] // 2, altered.shape[1] // 2].astype(int)
        assert red > 120
        assert max(blue, green) < red / 2


def test_a_scene_is_decided_by_its_stream():
    first, again, other = (
        compose_frame(np.random.default_rng(seed), GREY, [disc(), disc()]) for seed in (1, 1, 2)
    )
    assert np.array_equal(first[0], again[0])
    assert first[1] == again[1] != other[1]


def test_objects_keep_to_the_sizes_and_the_side_that_are_asked_for():
    style = FrameStyle(side=400, smallest=0.1, largest=0.2)
    for seed in range(5):
        frame, boxes = compose_frame(np.random.default_rng(seed), GREY, [disc()] * 2, style)
        assert frame.shape == (400, 400, 3)
        assert all(0.09 <= max(box[2:]) <= 0.21 for box in boxes)
