import pytest
import torch

from mmavl.models.disentanglers import grad_cam
from mmavl.models.heads import MomentTagHead


@pytest.fixture
def head():
    torch.manual_seed(0)
    return MomentTagHead(num_classes=3, in_channels=4, window=3)


def test_one_moment_is_the_linear_layer_of_the_mean(head):
    features = torch.randn(2, 4, 3, 2)
    expected = head.fc(features.mean((2, 3)))
    torch.testing.assert_close(head(features), expected)


def test_a_sound_shorter_than_the_window_is_one_moment(head):
    features = torch.randn(2, 4, 2, 2)
    torch.testing.assert_close(head(features), head.fc(features.mean((2, 3))))


def test_moments_in_which_a_class_is_likely_count_more(head):
    with torch.no_grad():
        head.fc.weight.fill_(1.0)
        head.fc.bias.zero_()
    features = torch.full((1, 4, 30, 1), -2.0)
    features[:, :, :3] = 2.0
    assert head(features).min() > 0  # the mean over time would be far below
    assert head.fc(features.mean((2, 3))).max() < -4


def test_what_hardly_sounds_still_has_a_gradient(head):
    features = torch.full((1, 4, 9, 2), 1.0)
    with torch.no_grad():
        head.fc.weight.fill_(-5.0)
    head(features)[0, 0].backward()
    assert head.fc.bias.grad[0] > 0.5


def test_channel_weights_give_grad_cams_map_up_to_a_positive_factor(head):
    features = torch.randn(1, 4, 9, 2)
    found = (head.channel_weights(torch.tensor([1]))[0] @ features[0].flatten(1)).relu()
    cam = grad_cam(features, lambda f: head(f)[:, 1]).flatten()
    torch.testing.assert_close(found / found.max(), cam / cam.max(), rtol=1e-3, atol=1e-4)
    every = head.all_channel_weights(features)
    assert torch.equal(every[0, 1], head.channel_weights(torch.tensor([1]))[0])
