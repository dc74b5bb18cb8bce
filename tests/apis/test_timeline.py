import numpy as np
import pytest

from mmavl.apis.timeline import Timeline
from mmavl.visualization.video_frame import View


def view(value, strength=1.0, left=0.0, **fields):
    heat = np.array([[value, 0.0]], np.float32)
    boxes = {('Dog', 1): (left, 0.0, 1.0, 1.0)}
    return View({'Dog': heat}, {'Dog': strength}, boxes, {'Dog': strength}, **fields)


def test_heat_and_boxes_are_interpolated_and_scores_are_those_of_the_nearer():
    timeline = Timeline([(1.0, view(1.0)), (2.0, view(3.0, 0.6, left=0.5)), (3.0, view(5.0))])
    for time, value, strength, left, score in (
        (0.0, 1.0, 1.0, 0.0, 1.0),
        (1.0, 1.0, 1.0, 0.0, 1.0),
        (1.25, 1.5, 0.9, 0.125, 1.0),
        (1.75, 2.5, 0.7, 0.375, 0.6),
        (9.0, 5.0, 1.0, 0.0, 1.0),
    ):
        found = timeline.at(time)
        assert found.maps['Dog'][0, 0] == pytest.approx(value)
        assert found.strengths['Dog'] == pytest.approx(strength)
        assert found.boxes[('Dog', 1)][0] == pytest.approx(left)
        assert found.scores == {'Dog': score}


def test_what_appears_fades_in_and_its_box_is_drawn_from_half_way():
    timeline = Timeline([(0.0, View()), (1.0, view(2.0, 0.8, kinds={'Dog': 'Pug'}))])
    early, late = timeline.at(0.25), timeline.at(0.75)
    assert early.maps['Dog'][0, 0] == late.maps['Dog'][0, 0] == 2.0
    assert (early.strengths, late.strengths) == ({'Dog': 0.2}, {'Dog': pytest.approx(0.6)})
    assert (early.boxes, early.scores, early.kinds) == ({}, {}, {})
    assert late.boxes == {('Dog', 1): (0.0, 0.0, 1.0, 1.0)}
    assert (late.scores, late.kinds) == ({'Dog': 0.8}, {'Dog': 'Pug'})


def test_without_views_nothing_is_drawn():
    assert Timeline([]).at(1.0).maps == {}


def test_finish_reads_all_that_is_left():
    taken = []
    timeline = Timeline((taken.append(n) or (n, View())) for n in range(9))
    timeline.at(0.5)
    timeline.finish()
    assert taken == [*range(9)]
