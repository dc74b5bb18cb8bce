import torch

from mmavl.models.heads import PooledTagHead


def test_logits_are_the_classifier_of_the_mean():
    head = PooledTagHead(num_classes=3, in_channels=4)
    features = torch.randn(2, 4, 5, 6)
    expected = features.reshape(2, 4, 30).mean(2) @ head.fc.weight.T + head.fc.bias
    torch.testing.assert_close(head(features), expected)


def test_channel_weights_are_the_gradient_times_the_area():
    head = PooledTagHead(num_classes=3, in_channels=4)
    features = torch.randn(1, 4, 5, 6, requires_grad=True)
    (gradient,) = torch.autograd.grad(head(features)[0, 2], features)
    torch.testing.assert_close(
        head.channel_weights(torch.tensor([2]))[0], gradient[0].sum((-2, -1))
    )


def test_clips_that_hardly_differ_keep_their_order_inside_autocast():
    head = PooledTagHead(num_classes=1, in_channels=4)
    features = torch.ones(3, 4, 5, 6) * torch.tensor([1.0, 1.0005, 1.001]).view(3, 1, 1, 1)
    with torch.autocast('cpu', torch.bfloat16):
        logits = head(features)
    assert logits.dtype == torch.float32
    assert len(logits.unique()) == 3
