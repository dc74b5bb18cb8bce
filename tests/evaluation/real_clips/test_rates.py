import numpy as np
import pytest

from mmavl.evaluation.real_clips import rate_of


def test_a_rate_of_equal_values_is_certain():
    rate = rate_of([1.0, 1.0, 1.0], ['a', 'b', 'c'])
    assert (rate.mean, rate.low, rate.high, rate.count) == (1.0, 1.0, 1.0, 3)
    assert str(rate) == '100 [100, 100] of 3'


def test_cases_of_one_clip_are_drawn_together():
    # 100 cases, but two clips: half of the draws hold one of them alone
    rate = rate_of([1.0] * 50 + [0.0] * 50, ['a'] * 50 + ['b'] * 50)
    assert (rate.low, rate.high) == (0.0, 1.0)


def test_the_interval_is_that_of_the_binomial_distribution():
    values = [1.0] * 80 + [0.0] * 20
    rate = rate_of(values, range(100))
    spread = 1.96 * np.sqrt(0.8 * 0.2 / 100)
    assert rate.low == pytest.approx(0.8 - spread, abs=0.02)
    assert rate.high == pytest.approx(0.8 + spread, abs=0.02)
    assert rate == rate_of(values, range(100))


def test_no_cases_have_no_rate():
    assert rate_of([], []) is None
