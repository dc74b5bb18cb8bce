import json

import numpy as np
import pytest

from mmavl.datasets import neighbours
from mmavl.datasets.neighbours import nearest_rows, read_neighbours
from mmavl.errors import DataError


class Features:
    """Cached features in memory; a row that is None could not be read."""

    def __init__(self, rows):
        self.rows = rows

    def read(self, index):
        if self.rows[index] is None:
            raise DataError('cut off')
        return {'image_features': self.rows[index]}


def features_at(*degrees):
    """One row for each angle; two cells, whose mean has that angle, and any length."""
    rows = []
    for number, angle in enumerate(degrees):
        if angle is None:
            rows.append(None)
            continue
        x, y = np.cos(np.deg2rad(angle)), np.sin(np.deg2rad(angle))
        mean = (number + 1) * np.array([x, y])
        rows.append(np.stack([mean * 2, mean * 0], 1)[:, None].astype(np.float16))
    return Features(rows)


@pytest.mark.parametrize('block', [2, 1024])
def test_the_nearest_are_those_of_the_smallest_angle(block, monkeypatch):
    monkeypatch.setattr(neighbours, '_BLOCK', block)
    features = features_at(0, 10, 25, 90, 80)
    assert nearest_rows(features, 'image_features', 5, 2) == [
        [1, 2],
        [0, 2],
        [1, 0],
        [4, 2],
        [3, 2],
    ]


def test_a_row_that_cannot_be_read_is_nobodys_neighbour():
    features = features_at(0, None, 20)
    assert nearest_rows(features, 'image_features', 3, 5) == [[2], [1], [0]]


def test_one_row_alone_is_its_own_neighbour():
    assert nearest_rows(features_at(0), 'image_features', 1, 5) == [[0]]


def write(tmp_path, content):
    path = tmp_path / 'near.json'
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def test_a_list_names_clips_and_others_than_the_splits_are_left_out(tmp_path):
    path = write(tmp_path, {'a': ['a', 'x', 'c', 'b'], 'b': ['a'], 'c': ['b'], 'x': ['a']})
    assert read_neighbours(path, ['a', 'b', 'c']) == [[2, 1], [0], [1]]


def test_a_clip_without_neighbours_is_named(tmp_path):
    path = write(tmp_path, {'a': ['b'], 'b': ['x']})
    with pytest.raises(DataError, match=r"near.json: 2 of 3 clips have no neighbours.*e.g. 'b'"):
        read_neighbours(path, ['a', 'b', 'c'])


@pytest.mark.parametrize('content', ['{', '[]', '{"a": "b"}'])
def test_what_is_no_list_of_neighbours_is_refused(content, tmp_path):
    with pytest.raises(DataError, match=r'neighbours .*near.json'):
        read_neighbours(write(tmp_path, content), ['a'])


def test_a_missing_list_is_named(tmp_path):
    with pytest.raises(DataError, match=r'neighbours .*near.json cannot be read'):
        read_neighbours(tmp_path / 'near.json', ['a'])
