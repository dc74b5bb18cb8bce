import numpy as np
import pytest

from mmavl.visualization.label_places import overlap, place_labels

FRAME = (320, 240)


def crosses(place, box, outline=4):
    """Whether a place covers one of the four bars of an outline."""
    left, top, right, bottom = box
    bars = [
        (left, top, right, min(top + outline, bottom)),
        (left, max(bottom - outline, top), right, bottom),
        (left, top, min(left + outline, right), bottom),
        (max(right - outline, left), top, right, bottom),
    ]
    return any(overlap(place, bar) for bar in bars)


def test_a_label_stands_above_the_left_corner_of_its_box():
    assert place_labels([(50, 60, 150, 160)], [(40, 18)], FRAME) == [(50, 42, 90, 60)]


def test_without_room_above_it_stands_below_and_in_a_full_frame_inside():
    assert place_labels([(50, 0, 150, 160)], [(40, 18)], FRAME) == [(50, 160, 90, 178)]
    assert place_labels([(0, 0, 320, 240)], [(40, 18)], FRAME) == [(4, 4, 44, 22)]


def test_at_the_right_edge_it_moves_into_the_frame():
    assert place_labels([(300, 60, 320, 90)], [(60, 18)], FRAME) == [(260, 42, 320, 60)]


def test_a_label_that_fits_nowhere_has_no_place():
    assert place_labels([(0, 0, 90, 60)], [(120, 18)], (90, 60)) == [None]
    assert place_labels([(0, 0, 90, 60)], [(40, 70)], (90, 60)) == [None]


def test_labels_of_the_same_box_do_not_overlap():
    box = (100, 100, 200, 180)
    places = place_labels([box] * 5, [(60, 18)] * 5, FRAME)
    assert None not in places
    assert not any(overlap(a, b) for a in places for b in places if a is not b)


def test_a_box_in_a_larger_one_has_its_label_next_to_itself():
    outer, inner = (0, 0, 320, 240), (100, 100, 200, 180)
    places = place_labels([outer, inner], [(60, 18)] * 2, FRAME)
    assert places[0] == (4, 4, 64, 22)
    assert places[1] == (100, 82, 160, 100)


def test_a_label_without_a_place_at_its_box_has_the_nearest_one_in_the_frame():
    outer, inner = (0, 20, 90, 90), (0, 20, 90, 34)
    places = place_labels([outer, inner], [(80, 15)] * 2, (90, 90))
    assert places[0] == (0, 5, 80, 20)
    left, top, right, bottom = places[1]
    assert 34 <= top < 50
    assert (right - left, bottom - top) == (80, 15)


@pytest.mark.parametrize('frame', [(90, 90), (160, 90), (320, 240), (640, 360), (1920, 1080)])
def test_labels_overlap_neither_each_other_nor_outlines_nor_leave_the_frame(frame):
    rng = np.random.default_rng(frame[0])
    placed = 0
    for _ in range(200):
        count = rng.integers(1, 7)
        corners = rng.integers(0, np.array(frame * 2) + 1, (count, 4)).reshape(count, 2, 2)
        corners = np.sort(corners, axis=1)
        boxes = [tuple(map(float, box)) for box in corners.reshape(count, 4)]
        sizes = [(int(rng.integers(10, 130)), 15) for _ in range(count)]
        places = [p for p in place_labels(boxes, sizes, frame) if p is not None]
        placed += len(places)
        for number, place in enumerate(places):
            assert place[0] >= 0
            assert place[1] >= 0
            assert place[2] <= frame[0]
            assert place[3] <= frame[1]
            assert not any(overlap(place, other) for other in places[:number])
            assert not any(crosses(place, box) for box in boxes)
    assert placed > 200  # most labels do have a place
