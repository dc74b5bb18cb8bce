import pytest
import torch

from mmavl.errors import ConfigError
from mmavl.models.disentanglers import CAMDisentangler
from mmavl.models.heads import GRUTagHead, PooledTagHead


def test_map_is_the_weighted_sum_shifted_to_zero():
    head = PooledTagHead(num_classes=2, in_channels=3)
    features = torch.randn(1, 3, 4, 4)
    maps = CAMDisentangler()(features, head, torch.tensor([0]), torch.tensor([1]))
    expected = sum(head.fc.weight[1, k] * features[0, k] for k in range(3))
    torch.testing.assert_close(maps[0], (expected - expected.min()).detach())


def test_a_recurrent_head_is_refused_by_name():
    head = GRUTagHead(num_classes=2, in_channels=6)
    with pytest.raises(ConfigError, match='GRUTagHead has no channel_weights: use GradCAM'):
        CAMDisentangler()(torch.randn(1, 3, 4, 2), head, torch.tensor([0]), torch.tensor([1]))
