import pytest
import torch

from mmavl.models.disentanglers import GradCAMDisentangler
from mmavl.models.heads import GRUTagHead, PooledTagHead


def literal_grad_cam(features, head, clip, cls):
    """Eq. 4 for one clip and class: alpha_k = mean_uv dp/dF_k(u, v); relu(sum_k alpha_k F_k)."""
    own = features[clip : clip + 1].clone().requires_grad_()
    with torch.enable_grad():
        (gradient,) = torch.autograd.grad(head(own)[0, cls], own)
    channels, height, width = own.shape[1:]
    total = torch.zeros(height, width)
    for k in range(channels):
        total += gradient[0, k].sum() / (height * width) * features[clip, k]
    return total.clamp_min(0)


@pytest.mark.parametrize(
    ('head', 'shape'),
    [
        (GRUTagHead(num_classes=4, in_channels=12, hidden=5), (3, 6, 7, 2)),
        (PooledTagHead(num_classes=4, in_channels=6), (3, 6, 7, 8)),
    ],
)
def test_maps_are_the_literal_ones_up_to_a_positive_factor(head, shape):
    torch.manual_seed(1)
    features = torch.randn(shape)
    clips, classes = torch.tensor([0, 0, 2]), torch.tensor([1, 3, 0])
    maps = GradCAMDisentangler()(features, head, clips, classes)
    for row, clip, cls in zip(maps, clips.tolist(), classes.tolist()):
        expected = literal_grad_cam(features, head, clip, cls)
        assert expected.max() > 0
        torch.testing.assert_close(row / row.sum(), expected / expected.sum())


def test_closed_form_equals_autograd():
    head = PooledTagHead(num_classes=4, in_channels=6)
    opaque = torch.nn.Sequential(head)  # hides channel_weights
    features = torch.randn(3, 6, 7, 8)
    clips, classes = torch.tensor([0, 1, 2]), torch.tensor([1, 3, 0])
    closed = GradCAMDisentangler()(features, head, clips, classes)
    derived = GradCAMDisentangler()(features, opaque, clips, classes)
    torch.testing.assert_close(closed, derived * 7 * 8)


@pytest.mark.parametrize('guard', [torch.no_grad, torch.inference_mode])
def test_works_where_mmengine_validates(guard):
    head = GRUTagHead(num_classes=2, in_channels=8, hidden=3).eval()
    features = torch.randn(2, 4, 5, 2)
    pair = torch.tensor([1]), torch.tensor([0])
    expected = GradCAMDisentangler()(features, head, *pair)
    with guard():
        found = GradCAMDisentangler()(features.clone(), head, *pair)
    torch.testing.assert_close(found, expected)


def test_nothing_leaks():
    head = GRUTagHead(num_classes=2, in_channels=8, hidden=3)
    features = torch.randn(2, 4, 5, 2, requires_grad=True)
    maps = GradCAMDisentangler()(features, head, torch.tensor([0]), torch.tensor([1]))
    assert not maps.requires_grad
    assert features.grad is None
    assert all(p.grad is None for p in head.parameters())
    assert head.training


def test_no_pairs_give_no_maps():
    head = PooledTagHead(num_classes=2, in_channels=4)
    none = torch.zeros(0, dtype=torch.long)
    assert GradCAMDisentangler()(torch.randn(2, 4, 5, 5), head, none, none).shape == (0, 5, 5)


@pytest.mark.parametrize(
    ('head', 'shape'),
    [
        (GRUTagHead(num_classes=4, in_channels=12, hidden=5), (3, 6, 7, 2)),
        (PooledTagHead(num_classes=4, in_channels=6), (3, 6, 7, 8)),
    ],
)
def test_maps_of_bfloat16_are_float32_and_few_cells_share_a_value(head, shape):
    torch.manual_seed(1)
    features = torch.rand(shape)
    pairs = torch.tensor([0, 0, 2]), torch.tensor([1, 3, 0])
    disentangle = GradCAMDisentangler()
    exact = disentangle(features, head, *pairs)
    with torch.no_grad(), torch.autocast('cpu', torch.bfloat16):
        maps = disentangle(features.bfloat16(), head, *pairs)
    assert maps.dtype == torch.float32
    torch.testing.assert_close(maps, exact, rtol=0.05, atol=0.02 * float(exact.max()))
    positive = maps[maps > 0]
    assert len(positive.unique()) == len(positive)
