import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from mmavl.evaluation import Prediction, evaluate_tags


def test_mean_ap_of_both_modalities_equals_sklearns():
    rng = np.random.default_rng(0)
    heard, seen = rng.random((2, 40, 3)).astype(np.float32)
    tags, visible = rng.random((2, 40, 3)) < 0.4
    predictions = [
        Prediction(
            f'{i}',
            pred_tags=heard[i],
            pred_visual_tags=seen[i],
            gt_tags=tags[i],
            gt_visual_tags=visible[i],
        )
        for i in range(40)
    ]
    metrics = evaluate_tags(predictions)
    assert metrics['audio_map'] == pytest.approx(average_precision_score(tags, heard))
    assert metrics['visual_map'] == pytest.approx(average_precision_score(visible, seen))
    assert metrics['audio_classes'] == metrics['visual_classes'] == 3
    assert 'avc_accuracy' not in metrics


def test_pseudo_labels_count_above_one_half_and_serve_both_modalities():
    predictions = [
        Prediction('a', pred_tags=[0.9, 0], pred_visual_tags=[0.1, 0], gt_tags=[0.6, 0.5]),
        Prediction('b', pred_tags=[0.1, 0], pred_visual_tags=[0.9, 0], gt_tags=[0.4, 0.0]),
    ]
    metrics = evaluate_tags(predictions)
    assert (metrics['audio_map'], metrics['visual_map']) == (1.0, 0.5)
    assert metrics['audio_classes'] == 1


def test_correspondence_counts_right_and_wrong_pairs_and_skips_what_was_not_paired():
    predictions = [
        Prediction('a', pred_avc=[0.9, 0.2]),
        Prediction('b', pred_avc=[0.4, 0.5]),
        Prediction('c', pred_avc=[0.6, np.nan]),
    ]
    assert evaluate_tags(predictions) == {'avc_accuracy': pytest.approx(4 / 5)}


def test_a_constant_answer_is_right_half_of_the_time():
    for answer in (0.0, 0.5, 1.0):
        assert evaluate_tags([Prediction('a', pred_avc=[answer] * 2)])['avc_accuracy'] == 0.5


def test_without_references_or_predictions_nothing_is_claimed():
    predictions = [Prediction('a', pred_tags=[0.3]), Prediction('b', gt_tags=[1.0])]
    assert evaluate_tags(predictions) == {}
    assert evaluate_tags([Prediction('a', pred_tags=[0.3], gt_tags=[0.0])]) == {}
