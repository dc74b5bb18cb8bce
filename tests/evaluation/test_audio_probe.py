import numpy as np
import pytest

from mmavl.evaluation.audio_probe import (
    audio_dependence,
    compare,
    map_change,
    peak_moved,
    whole_change,
)

RAMP = np.arange(12.0).reshape(3, 4)


def test_a_map_that_is_only_scaled_has_not_changed():
    assert map_change(RAMP, 5 * RAMP - 3) == pytest.approx(0)
    assert map_change(RAMP, -RAMP) == pytest.approx(2)


def test_the_change_is_one_minus_numpys_correlation():
    other = np.random.default_rng(0).random((3, 4))
    expected = 1 - np.corrcoef(RAMP.ravel(), other.ravel())[0, 1]
    assert map_change(RAMP, other) == pytest.approx(expected)


def test_constant_maps():
    flat = np.full((3, 4), 2.0)
    assert map_change(flat, flat + 1) == 0
    assert map_change(flat, RAMP) == 1


def test_a_maximum_that_moves_less_than_a_tenth_has_stayed():
    maps = np.zeros((3, 20, 20))
    maps[0, 5, 5] = maps[1, 5, 7] = maps[2, 5, 8] = 1
    assert not peak_moved(maps[0], maps[1])
    assert peak_moved(maps[0], maps[2])


def test_only_labels_of_both_are_compared():
    own = {0: RAMP, 1: RAMP}
    assert compare(own, {1: -RAMP, 2: RAMP}) == {'map_change': pytest.approx(2), 'peak_moved': 1}
    assert compare(own, {2: RAMP}) == {}


def test_a_map_that_appears_or_disappears_has_changed():
    assert whole_change(RAMP, RAMP) == pytest.approx(0)
    assert whole_change(RAMP, None) == whole_change(None, RAMP) == 1
    assert whole_change(None, None) == 0


def test_one_number_says_how_far_maps_follow_sounds_off_screen():
    results = {
        'swapped': [{'whole_change': 0.5}],
        'off_screen': [{'whole_change': 0.2}, {'whole_change': 0.6, 'score_change': 0.1}],
    }
    figures = audio_dependence(results)
    assert figures['dependence'] == pytest.approx(0.4)
    assert figures['off_screen/score_change'] == pytest.approx(0.1)
    del results['off_screen']
    assert audio_dependence(results)['dependence'] == 0.5  # clips without tags
    assert audio_dependence({}) == {}
