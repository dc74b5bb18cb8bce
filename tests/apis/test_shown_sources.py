import numpy as np
import pytest

from mmavl.apis.shown_sources import mark_places, read_places, relative_boxes, view
from mmavl.errors import DataError
from mmavl.visualization.drawing import SOUNDING

FRAME = np.arange(5 * 6 * 3, dtype=np.uint8).reshape(5, 6, 3)


def test_a_view_is_the_inside_of_a_box_a_pixel_at_least_or_the_picture_itself():
    assert np.array_equal(view((1, 2, 4, 5), FRAME), FRAME[2:5, 1:4])
    assert np.array_equal(view((1.1, 2.2, 1.3, 2.4), FRAME), FRAME[2:3, 1:2])
    assert view(FRAME, np.zeros_like(FRAME)) is FRAME


def test_a_thin_box_at_the_frames_edge_still_shows_a_pixel():
    assert view((5.6, 4.6, 6, 5), FRAME).shape == (1, 1, 3)


def test_boxes_are_marked_where_they_lie_in_the_frame_as_it_is_shown():
    frame = np.zeros((40, 80, 3), np.uint8)
    marked = mark_places(frame, {'': (10, 20, 30, 35), 'drum': FRAME}, 160)
    assert marked.shape == (160, 320, 3)
    rows, columns = (marked == SOUNDING).all(2).nonzero()
    edges = columns.min(), rows.min(), columns.max(), rows.max()
    assert edges == (40, 80, 120, 140)
    assert not frame.any()


def test_boxes_become_shares_of_the_frame():
    places = {'a': (3, 0, 6, 2.5), 'b': FRAME}
    assert relative_boxes(places, (5, 6), 'x').tolist() == [[0.5, 0, 1, 0.5], [0, 0, 1, 1]]


@pytest.mark.parametrize('box', [(-1, 0, 2, 2), (0, 0, 7, 2), (0, 0, 2, 6)])
def test_a_box_outside_of_the_frame_names_clip_source_and_frame(box):
    with pytest.raises(DataError, match=r"clip 'x': the box .* of 'a' .* 6 x 5 pixels"):
        relative_boxes({'a': box}, (5, 6), 'x')


@pytest.mark.parametrize('given', [(1, 2, 3), (2, 0, 1, 5), (0, 5, 3, 5)])
def test_what_is_no_box_is_named(given):
    with pytest.raises(ValueError, match=r"source 'a': \(.*\) is not a box"):
        read_places({'a': given})


def test_a_picture_that_is_not_there_is_named(tmp_path):
    with pytest.raises(DataError, match=r'none\.png is missing'):
        read_places({'a': tmp_path / 'none.png'})
