import math

import pytest
import torch

from mmavl.models.map_transforms import ExponentialHeat, MinMaxHeat, SigmoidHeat

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


def test_each_map_alone_is_stretched_from_its_farthest_to_its_nearest_cell():
    distances = -torch.tensor([[[1.5, 1.0, 0.5]], [[2.0, 1.9, 1.6]]])
    expected = torch.tensor([[[0, 0.5, 1]], [[0, 0.25, 1]]])
    torch.testing.assert_close(MinMaxHeat()(distances), expected)
    assert MinMaxHeat()(torch.full((1, 2, 2), -1.0)).tolist() == [[[0, 0], [0, 0]]]
