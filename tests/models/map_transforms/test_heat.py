import math

import pytest
import torch

from mmavl.models.map_transforms import ExponentialHeat, SigmoidHeat

K = torch.tensor([[[0.0, -(2**0.5), -2.0]]])


def test_heat_is_one_where_sound_and_place_coincide():
    assert torch.equal(ExponentialHeat(0.5)(K), torch.exp(K / 0.5))
    assert ExponentialHeat(0.5)(K)[0, 0, 0] == 1.0


def test_heat_is_one_half_at_the_midpoint():
    near, middle, far = SigmoidHeat(2**0.5, 0.1)(K)[0, 0].tolist()
    assert middle == pytest.approx(0.5)
    assert near == pytest.approx(1 / (1 + math.exp(-(2**0.5) / 0.1)))
    assert far == pytest.approx(1 / (1 + math.exp((2 - 2**0.5) / 0.1)))


@pytest.mark.parametrize('heat', [ExponentialHeat, SigmoidHeat])
def test_a_temperature_that_is_not_above_zero_is_refused(heat):
    with pytest.raises(ValueError, match='temperature=0 must be above 0'):
        heat(temperature=0)
