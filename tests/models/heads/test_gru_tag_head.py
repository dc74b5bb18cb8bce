import pytest
import torch

from mmavl.models.heads import GRUTagHead, LinearSoftmaxPool


def test_a_short_loud_event_outweighs_silence():
    probs = torch.zeros(1, 100, 1)
    probs[0, 40:43] = 0.9
    assert LinearSoftmaxPool()(probs).item() == pytest.approx(0.9)


def test_all_zero_clip_gives_zero_not_nan():
    assert LinearSoftmaxPool()(torch.zeros(1, 8, 2)).tolist() == [[0.0, 0.0]]


def test_logits_are_those_of_the_pooled_probability():
    torch.manual_seed(0)
    head = GRUTagHead(num_classes=3, in_channels=8, hidden=4)
    features = torch.randn(2, 4, 5, 2)
    sequence = torch.stack(
        [torch.cat([features[:, c, :, f][..., None] for f in range(2)], -1) for c in range(4)], -2
    ).flatten(2)  # [N, t, c * f], frequency fastest
    hidden, _ = head.gru(sequence)
    frames = torch.sigmoid(hidden @ head.fc.weight.T + head.fc.bias)
    pooled = (frames**2).sum(1) / frames.sum(1)
    torch.testing.assert_close(head(features).sigmoid(), pooled)


def test_extreme_frames_keep_a_finite_gradient():
    head = GRUTagHead(num_classes=1, in_channels=2, hidden=2)
    torch.nn.init.constant_(head.fc.bias, -200.0)
    head(torch.randn(1, 1, 3, 2)).sum().backward()
    assert all(torch.isfinite(p.grad).all() for p in head.parameters())


@pytest.mark.parametrize(
    'scale', [1.0, 30.0, 1000.0]
)  # the last: saturated beyond the logit's eps
def test_channel_weights_of_all_classes_are_autograds_gradients(scale):
    torch.manual_seed(0)
    head = GRUTagHead(num_classes=3, in_channels=8, hidden=5).double()
    head.fc.weight.data *= scale
    features = torch.randn(4, 4, 6, 2, dtype=torch.float64, requires_grad=True)
    found = head.all_channel_weights(features)
    logits = _double_logits(head, features)
    for label in range(3):
        (expected,) = torch.autograd.grad(logits[:, label].sum(), features, retain_graph=True)
        torch.testing.assert_close(found[:, label], expected.mean((2, 3)))
    assert not found.requires_grad


def _double_logits(head, features):
    """The head in float64: its own forward computes the pooling in float32."""
    hidden, _ = head.gru(features.permute(0, 2, 1, 3).flatten(2))
    return torch.logit(head.pool(head.fc(hidden).sigmoid()), eps=1e-6)
