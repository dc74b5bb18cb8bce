import pytest
import torch
from mmengine.evaluator import Evaluator
from sklearn.metrics import average_precision_score

from mmavl.registry import METRICS


def evaluate(samples):
    evaluator = Evaluator([METRICS.build(dict(type='TagMetric'))])
    for sample in samples:
        evaluator.process([sample])
    return evaluator.evaluate(len(samples))


def test_figures_equal_sklearns(samples):
    metrics = evaluate(samples)
    tags = torch.stack([s.gt_tags for s in samples]).numpy()
    heard = torch.stack([s.pred_tags for s in samples]).numpy()
    seen = torch.stack([s.pred_visual_tags for s in samples]).numpy()
    assert metrics['tags/audio_map'] == pytest.approx(average_precision_score(tags, heard))
    assert metrics['tags/visual_map'] == pytest.approx(average_precision_score(tags, seen))
    own, other = torch.stack([s.pred_avc for s in samples]).T
    right = (own > 0.5).sum() + (other <= 0.5).sum()
    assert metrics['tags/avc_accuracy'] == pytest.approx(right.item() / 24)


def test_what_a_model_does_not_predict_is_left_out(samples):
    for sample in samples:
        del sample.pred_avc, sample.pred_visual_tags
    assert set(evaluate(samples)) == {'tags/audio_map', 'tags/audio_classes'}
