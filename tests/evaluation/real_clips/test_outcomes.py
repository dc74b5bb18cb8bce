from pathlib import Path

import numpy as np
import pytest

from mmavl.evaluation.real_clips import Case, Hit, Mark, hit_of, peak_of
from mmavl.evaluation.real_clips.outcomes import hit_anywhere, hit_at

CASE = Case(
    Path('a.mp4'),
    1.0,
    Mark('dog', (0.0, 0.0, 0.5, 0.5)),
    silent=(Mark('cat', (0.25, 0.25, 1.0, 0.75)),),
    others=(Mark('radio', (0.5, 0.0, 1.0, 0.25)),),
)


def heat(row, column, size=8):
    values = np.zeros((size, size), np.float32)
    values[row, column] = 1.0
    return values


def test_the_maximum_is_found_in_the_middle_of_its_cell():
    assert peak_of(heat(2, 5)) == pytest.approx((5.5 / 8, 2.5 / 8), abs=0.01)
    assert peak_of(np.ones((8, 8))) is None


@pytest.mark.parametrize(
    ('cell', 'expected'),
    [
        ((0, 0), Hit(1.0, 0.0, 0.0)),
        ((3, 3), Hit(1.0, 0.0, 0.0)),  # in the own and in the silent box
        ((5, 5), Hit(0.0, 1.0, 0.0)),
        ((0, 6), Hit(0.0, 0.0, 1.0)),
        ((7, 0), Hit(0.0, 0.0, 0.0)),
    ],
)
def test_a_hit_in_another_box_counts_only_outside_the_own_one(cell, expected):
    assert hit_of(heat(*cell), CASE) == expected


def test_a_map_without_a_maximum_hits_nothing():
    assert hit_of(np.zeros((8, 8)), CASE) == Hit(0.0, 0.0, 0.0)


def test_a_random_point_hits_as_often_as_a_box_is_large():
    found = hit_anywhere(CASE)
    assert found.own == pytest.approx(0.25)
    assert found.silent == pytest.approx(0.375 - 0.0625)
    assert found.other == pytest.approx(0.125)


def test_the_edge_of_a_box_belongs_to_it():
    assert hit_at((0.5, 0.5), CASE).own == 1.0
