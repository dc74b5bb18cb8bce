import numpy as np
import pytest

from mmavl.preparation.pseudo_labels import audio_labels, conditional_probabilities, visual_labels
from mmavl.preparation.pseudo_labels.rules import best_labels


def test_audio_takes_a_groups_greatest_probability_and_lifts_those_above_three_tenths():
    probs = np.array([[0.1, 0.5, 0.9], [0.3, 0.2, 0.31]], np.float32)
    matrix = np.array([[1, 0, 0], [1, 1, 0], [0, 0, 0]], np.float32)
    expected = [[0.4 * 0.5 + 0.6, 0.4 * 0.5 + 0.6, 0], [0.3, 0.2, 0]]
    assert np.allclose(audio_labels(probs, matrix), expected)
    assert np.allclose(audio_labels(probs, matrix[[1, 2, 0]])[1], [0.4 * 0.31 + 0.6, 0.3, 0])


def test_visual_sums_by_group_and_divides_by_the_greatest_sum():
    probs = np.array([[0.1, 0.2, 0.3, 0.4]], np.float32)
    matrix = np.array([[1, 0, 0], [1, 0, 0], [0, 1, 0], [0, 1, 0]], np.float32)
    assert np.allclose(visual_labels(probs, matrix), [[0.3 / 0.7, 1, 0]])


def test_visual_forgets_all_but_the_ten_best_labels():
    probs = np.linspace(0, 1, 14, dtype=np.float32)[None, ::-1]
    kept = best_labels(probs)
    assert kept[0, :10].tolist() == probs[0, :10].tolist()
    assert kept[0, 10:].tolist() == [0] * 4
    matrix = np.zeros((14, 2), np.float32)
    matrix[9, 0], matrix[10, 1] = 1, 1
    assert visual_labels(probs, matrix).tolist() == [[1, 0]]
    assert visual_labels(probs, matrix, keep=11).tolist() == [[1, pytest.approx(3 / 4)]]


def test_a_picture_without_any_label_of_a_group_has_no_tags():
    assert visual_labels(np.ones((1, 3), np.float32), np.zeros((3, 2))).tolist() == [[0, 0]]


def test_conditional_probabilities_are_counts_with_one_pseudo_count_for_each_group():
    probs = np.array([[0.8, 0.2, 0], [0.5, 0.5, 0], [0, 1, 0]])
    tags = np.array([[True, False], [True, True], [False, True]])
    found = conditional_probabilities(probs, tags)
    expected = [[2.3 / 3.3, 1.5 / 3.3], [1.7 / 3.7, 2.5 / 3.7], [0.5, 0.5]]
    assert np.allclose(found, expected)
