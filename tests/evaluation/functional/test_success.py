import math

import pytest
import torch
from sklearn.metrics import auc

from mmavl.evaluation.functional import success_auc, success_rate


def test_a_value_equal_to_the_threshold_succeeds():
    values = torch.tensor([0.3, 0.5, 0.49, 0.9], dtype=torch.float64)
    assert success_rate(values, 0.5).item() == 0.5
    assert success_rate(values, 0.3).item() == 1.0


@pytest.mark.parametrize('threshold', [0.15, 0.3, 0.35, 0.6, 0.7])
@pytest.mark.parametrize('dtype', [torch.float32, torch.float64])
def test_equality_survives_float_rounding(threshold, dtype):
    # 0.7 as a float32 and 0.05 * 3 as a double both fall on the wrong side of their threshold
    values = torch.tensor([threshold], dtype=dtype)
    assert success_rate(values, threshold).item() == 1.0
    next_lower = threshold - 1 / (20 * 2 * 256**2)  # the nearest cIoU of another pixel count
    assert success_rate(torch.tensor([next_lower], dtype=torch.float64), threshold).item() == 0.0


def test_undefined_samples_are_in_no_denominator():
    values = torch.tensor([0.9, math.nan, 0.1])
    assert success_rate(values, 0.5).item() == 0.5
    assert success_auc(values).item() == pytest.approx(success_auc(values[[0, 2]]).item())


def test_nothing_evaluated_is_undefined():
    assert math.isnan(success_rate(torch.tensor([math.nan]), 0.5).item())
    assert math.isnan(success_auc(torch.zeros(0)).item())


@pytest.mark.parametrize(
    ('value', 'expected'),
    # a success at the first k of 21 thresholds gives (k - 1) + 1/2 steps of .05
    [(0.0, 0.025), (0.04, 0.025), (0.05, 0.075), (0.5, 0.525), (0.97, 0.975), (1.0, 1.0)],
)
def test_area_of_a_single_value_by_hand(value, expected):
    assert success_auc(torch.tensor([value])).item() == pytest.approx(expected)


def test_area_equals_sklearns_over_leading_dimensions():
    torch.manual_seed(1)
    values = torch.rand(2, 3, 40, dtype=torch.float64)
    thresholds = [i / 20 for i in range(21)]
    result = success_auc(values)
    assert result.shape == (2, 3)
    for row, got in zip(values.flatten(0, 1), result.flatten()):
        rates = [(row >= t).double().mean().item() for t in thresholds]
        assert got.item() == pytest.approx(auc(thresholds, rates))
