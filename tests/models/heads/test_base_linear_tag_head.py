import pytest
import torch

from mmavl.models.heads import BaseLinearTagHead, MomentTagHead, PooledTagHead


@pytest.fixture(params=[MomentTagHead, PooledTagHead])
def head(request):
    return request.param(num_classes=3, in_channels=4)


def test_channel_weights_are_the_rows_of_the_classes_asked_for(head):
    classes = torch.tensor([2, 0, 2])
    assert torch.equal(head.channel_weights(classes), head.fc.weight[[2, 0, 2]])
    assert head.channel_weights(classes).requires_grad


def test_those_of_all_classes_are_the_same_for_every_clip_and_detached(head):
    weights = head.all_channel_weights(torch.zeros(2, 4, 5, 6))
    assert torch.equal(weights, head.fc.weight.expand(2, 3, 4))
    assert not weights.requires_grad


def test_it_does_not_pool_itself():
    with pytest.raises(TypeError, match='forward'):
        BaseLinearTagHead(3, 4)
