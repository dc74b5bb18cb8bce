from math import sqrt

import numpy as np
import pytest

from mmavl.apis import Localization
from mmavl.apis.views import joined, view_of

CORNER = np.pad(np.ones((4, 4), np.float32), ((0, 4), (0, 4)))


def result_of(sounding, visual_probs, **fields):
    audio_probs = {'Dog': 0.9, 'Cat': 0.4, 'Bell': 0.1}
    maps = {'Dog': CORNER, 'Cat': CORNER[::-1].copy(), 'Bell': CORNER}
    given = {'audio_probs': audio_probs, 'maps': maps, **fields}
    return Localization(
        'x', (64, 32), 1.0, (0.0, 2.0), sounding=sounding, visual_probs=visual_probs, **given
    )


def test_what_is_audible_and_visible_is_painted_by_the_mean_of_both_probabilities():
    view = view_of(result_of(['Dog', 'Cat'], {'Dog': 0.4, 'Cat': 0.3, 'Bell': 1.0}))
    assert [*view.maps] == ['Dog', 'Cat']
    assert view.strengths == pytest.approx({'Dog': sqrt(0.36), 'Cat': sqrt(0.12)})
    assert view.scores == {'Dog': 0.9, 'Cat': 0.4}
    (box,) = [box for (label, _), box in view.boxes.items() if label == 'Dog']
    assert box == pytest.approx((0, 0, 0.5, 0.5), abs=0.03)


def test_what_is_audible_and_not_visible_is_listed_and_not_painted():
    for visual, off_screen in ((0.35, []), (0.9, ['Dog'])):
        result = result_of(['Dog', 'Cat'], {'Dog': visual, 'Cat': 0.9}, off_screen=off_screen)
        view = view_of(result)
        assert [*view.maps] == [*view.strengths] == ['Cat']
        assert {label for label, _ in view.boxes} == {'Cat'}
        assert view.scores == {'Dog': 0.9, 'Cat': 0.4}


def test_a_class_that_is_asked_for_is_painted_fully_and_alone():
    view = view_of(result_of(['Dog'], {'Dog': 0.9, 'Bell': 0.1}), ['Bell'])
    assert (view.strengths, view.scores) == ({'Bell': 1.0}, {'Dog': 0.9, 'Bell': 0.1})
    assert {label for label, _ in view.boxes} == {'Bell'}


def test_a_model_without_classes_has_the_map_of_the_whole_sound():
    view = view_of(result_of(['sound'], {}, audio_probs={}, maps={'sound': CORNER}))
    assert (view.strengths, view.scores) == ({'sound': 1.0}, {'sound': None})


def test_the_most_visible_audible_class_is_painted_however_low_its_probability():
    view = view_of(result_of(['Dog', 'Cat'], {'Dog': 0.1, 'Cat': 0.05, 'Bell': 1.0}))
    assert [*view.maps] == ['Dog', 'Cat']
    assert [*view_of(result_of(['Dog', 'Cat'], {'Dog': 0.1, 'Cat': 0.03})).maps] == ['Dog']


def test_overlapping_boxes_of_a_class_are_joined_until_none_overlap():
    first, second = ('Dog', 1), ('Dog', 2)
    boxes = {first: (0, 0, 3, 3), second: (5, 5, 8, 8), ('Cat', 1): (1, 1, 2, 2)}
    assert joined(boxes) == boxes
    assert joined({**boxes, ('Dog', 3): (2, 2, 6, 4)}) == {
        first: (0, 0, 6, 4), second: (5, 5, 8, 8), ('Cat', 1): (1, 1, 2, 2)
    }  # fmt: skip
    bridge = joined({**boxes, ('Dog', 3): (2, 2, 6, 6)})
    assert sorted(bridge.values()) == [(0, 0, 8, 8), (1, 1, 2, 2)]
