import json

import numpy as np
import pytest

from mmavl.errors import DataError
from mmavl.preparation.published import read_vggss_boxes


def write(path, boxes, **more):
    items = [
        {'file': f'abcdefghi{n:02d}_000030', 'class': 'elk bugling', 'bbox': rows, **more}
        for n, rows in enumerate(boxes)
    ]
    path.write_text(json.dumps(items))
    return path


def test_numbers_far_outside_are_cut_to_the_frame_and_named(tmp_path):
    """Twelve entries of the published file are like the first one."""
    boxes = [[[-2.9e16, 0.1, 0.9, 0.8], [0.2, 0.2, 0.4, 0.4]], [[0.4, 0.25, 0.6, 1.0001]]]
    release = read_vggss_boxes(write(tmp_path / 'vggss.json', boxes))
    first, second = release.boxes
    assert release.boxes[first].tolist() == [[0, 0.1, 0.9, 0.8], [0.2, 0.2, 0.4, 0.4]]
    assert release.boxes[second].tolist() == [[0.4, 0.25, 0.6, 1]]
    assert release.problems[first] == 'clipped to the frame: [[-2.9e+16, 0.1, 0.9, 0.8]]'
    assert set(release.problems) == {first, second}
    assert release.classes[first] == 'elk bugling'


def test_a_file_of_nothing_but_such_boxes_is_not_taken_for_another_format(tmp_path):
    boxes = [[[-2.9e16, -2.9e16, 0.9, 0.8]]] * 3
    release = read_vggss_boxes(write(tmp_path / 'vggss.json', boxes))
    assert [rows.tolist() for rows in release.boxes.values()] == [[[0, 0, 0.9, 0.8]]] * 3


def test_boxes_without_area_are_left_out_and_named(tmp_path):
    boxes = [[[0.1, 1.0, 0.7, 1.0], [0.2, 0.2, 0.4, 0.4]], [[0.1, 0.1, 0.2, float('nan')]]]
    release = read_vggss_boxes(write(tmp_path / 'vggss.json', boxes))
    assert [len(rows) for rows in release.boxes.values()] == [1, 0]
    assert [text.endswith('no area') for text in release.problems.values()] == [True, True]
    assert np.isfinite(np.concatenate(list(release.boxes.values()))).all()


def test_a_clip_that_is_there_twice_is_named_and_the_first_one_counts(tmp_path):
    path = write(tmp_path / 'x.json', [[[0, 0, 0.5, 0.5]], [[0, 0, 1, 1]]], file='a')
    release = read_vggss_boxes(path)
    assert release.boxes['a'].tolist() == [[0, 0, 0.5, 0.5]]
    assert [clip for clip, _ in release.duplicates] == ['a']


@pytest.mark.parametrize(
    ('boxes', 'message'),
    [
        ([[[100, 50, 200, 80]]], 'boxes are in pixels'),
        ([[[0.6, 0.5, 0.2, 0.3]], [[0.1, 0.1, 0.2, 0.2]]], 'boxes seem to be x, y, width, height'),
        ([[[0.1, 0.2, 0.3]]], 'which is not four numbers'),
        ([None], 'is not the published annotation'),
        ([], 'has no boxes'),
    ],
)
def test_other_formats_are_named(tmp_path, boxes, message):
    with pytest.raises(DataError, match=rf'x\.json.*{message}'):
        read_vggss_boxes(write(tmp_path / 'x.json', boxes))


def test_names_that_lead_to_another_folder_are_refused(tmp_path):
    with pytest.raises(DataError, match='cannot be the name of a clip'):
        read_vggss_boxes(write(tmp_path / 'x.json', [[[0, 0, 1, 1]]], file='../a'))
