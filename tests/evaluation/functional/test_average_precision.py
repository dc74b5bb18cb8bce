import math

import pytest
import torch
from sklearn.metrics import average_precision_score

from mmavl.evaluation.functional import average_precision, mean_average_precision


def test_by_hand():
    scores = torch.tensor([0.9, 0.8, 0.7, 0.6])
    targets = torch.tensor([1, 0, 1, 0])
    assert average_precision(scores, targets).item() == pytest.approx((1 + 2 / 3) / 2)


def test_equal_scores_form_one_step():
    # both of the highest count together: precision 1/2 at recall 1
    scores = torch.tensor([0.9, 0.9, 0.1])
    assert average_precision(scores, torch.tensor([1, 0, 0])).item() == pytest.approx(0.5)
    assert average_precision(scores, torch.tensor([0, 1, 0])).item() == pytest.approx(0.5)


def test_equals_sklearns_with_and_without_ties_over_leading_dimensions():
    torch.manual_seed(0)
    scores = torch.rand(2, 4, 50)
    scores[1] = (scores[1] * 5).round() / 5
    targets = torch.rand(2, 4, 50) < 0.3
    result = average_precision(scores, targets)
    assert result.shape == (2, 4)
    for score, target, got in zip(scores.view(8, 50), targets.view(8, 50), result.view(8)):
        expected = average_precision_score(target.numpy(), score.numpy())
        assert got.item() == pytest.approx(expected, abs=1e-9)


def test_swapped_arguments_are_refused():
    scores, targets = torch.tensor([0.9, 0.2]), torch.tensor([1, 0])
    with pytest.raises(ValueError, match='swapped'):
        average_precision(targets, scores)


def test_no_positive_is_undefined_and_left_out_of_the_mean():
    scores = torch.tensor([[0.9, 0.1], [0.2, 0.8]])
    targets = torch.tensor([[1, 0], [0, 0]])
    assert math.isnan(average_precision(scores[:, 1], targets[:, 1]).item())
    assert mean_average_precision(scores, targets).item() == 1.0


def test_mean_is_over_classes_not_over_samples():
    torch.manual_seed(0)
    scores, targets = torch.rand(30, 3), (torch.rand(30, 3) < 0.5).int()
    expected = average_precision_score(targets.numpy(), scores.numpy(), average='macro')
    assert mean_average_precision(scores, targets).item() == pytest.approx(expected)
