import numpy as np

from mmavl.preparation.doctor.boxes import check_boxes

SIZES = np.array([[0.1, 0.2, 0.3, 0.4], [0.6, 0.1, 0.3, 0.8], [0.5, 0.5, 0.5, 0.5]])
CORNERS = np.array([[0.1, 0.2, 0.3, 0.4], [0.6, 0.1, 0.9, 0.8], [0.5, 0.5, 1.0, 1.0]])


def found(boxes, layout):
    return [(f.kind, f.count, f.of, f.problem) for f in check_boxes('x.json', boxes, layout)]


def test_sizes_read_as_corners_are_named_with_the_number_of_empty_boxes():
    assert found(SIZES, 'xyxy') == [('box format', 2, 3, True)]
    (finding,) = check_boxes('x.json', SIZES, 'xyxy')
    message = 'read as x1, y1, x2, y2, 2 of 3 are empty; nearly all are valid as x, y, width'
    assert finding.message.startswith(message)


def test_corners_read_as_sizes_are_named_with_the_number_that_leaves_the_frame():
    assert found(CORNERS, 'xywh') == [('box format', 2, 3, True)]


def test_right_readings_pass_and_a_note_says_what_the_wrong_one_would_lose():
    assert found(CORNERS, 'xyxy') == []
    assert found(SIZES, 'xywh') == [('box format', 2, 3, False)]


def test_single_bad_boxes_are_no_mix_up():
    boxes = np.array([[0.2, 0.2, 0.7, 0.7]] * 5 + [[0.9, 0.1, 0.9, 0.5], [-2.9e16, 0, 1, 1]])
    assert found(boxes, 'xyxy') == [('degenerate box', 1, 7, True), ('degenerate box', 1, 7, True)]
    assert found(np.array([[0.1, 0.1, np.nan, 0.2]]), 'xywh') == [('degenerate box', 1, 1, True)]


def test_pixels_are_named():
    assert found(SIZES * 224, 'xywh') == [('box format', 3, 3, True)]
