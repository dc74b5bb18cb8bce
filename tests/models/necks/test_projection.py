import pytest
import torch
from torch.nn import functional as F

from mmavl.models.necks import PooledProjection, Projection


def test_a_projection_is_a_linear_layer_for_each_cell():
    torch.manual_seed(0)
    module = Projection(3, 2, hidden=[4])
    features = torch.randn(2, 3, 5, 6)
    first, last = module[0], module[2]
    cell = F.linear(features[1, :, 2, 3], first.weight[..., 0, 0], first.bias).relu()
    expected = F.linear(cell, last.weight[..., 0, 0], last.bias)
    torch.testing.assert_close(module(features)[1, :, 2, 3], expected)


def test_the_pooled_one_takes_the_maximum_first():
    torch.manual_seed(0)
    module = PooledProjection(3, 2)
    features = torch.randn(2, 3, 5, 6)
    torch.testing.assert_close(module(features), module[0](features.flatten(2).amax(2)))


def test_without_widths_it_only_pools():
    features = torch.randn(2, 3, 5, 6)
    assert torch.equal(PooledProjection()(features), features.amax((2, 3)))
    with pytest.raises(ValueError, match='needs both in_channels and out_channels'):
        PooledProjection(3)


def test_dropout_drops_single_values_in_training_alone():
    features = torch.ones(1, 50, 8, 8)
    module = Projection(50, 1, dropout=0.9)
    assert torch.equal(module.eval()(features), module[1](features))
    zeros = (module.train()[0](features) == 0).float().mean()
    assert 0.8 < zeros < 0.97
