import pytest
import torch
from torch import nn
from torchvision.models import resnet

from mmavl.models.necks import AVCAudioBranch, AVCVisualBranch


def linear(branch):
    """Set all weights of the convolutions to 1, and return these."""
    convolutions = [module for module in branch if isinstance(module, nn.Conv2d)]
    for conv in convolutions:
        nn.init.constant_(conv.weight, 1)
    return convolutions


def test_time_keeps_its_length_and_frequency_becomes_one():
    branch = AVCAudioBranch(in_channels=2, channels=3).eval()
    assert branch(torch.randn(2, 2, 7, 2)).shape == (2, 3, 7, 1)


def test_an_impulse_reaches_exactly_the_times_that_the_kernels_span():
    branch = AVCAudioBranch(in_channels=1, channels=1).eval()
    for conv in linear(branch):
        assert conv.bias is None
    impulse = torch.zeros(1, 1, 15, 2)
    impulse[0, 0, 7, 0] = 1
    # -2, 0, 2 of the dilated kernel, each spread to -1, 0, 1 by the last
    expected = torch.zeros(15)
    for first in (-2, 0, 2):
        for last in (-1, 0, 1):
            expected[7 + first + last] += 1
    torch.testing.assert_close(branch(impulse)[0, 0, :, 0], expected, rtol=1e-4, atol=1e-4)


def test_both_halves_of_the_frequencies_are_weighted_apart():
    branch = AVCAudioBranch(in_channels=1, channels=1).eval()
    _, across, _ = linear(branch)
    with torch.no_grad():
        across.weight[0, 0, 0] = torch.tensor([1.0, 10.0])
    features = torch.zeros(1, 1, 9, 2)
    features[0, 0, 4] = torch.tensor([1.0, 2.0])
    assert branch(features)[0, 0, 4, 0].item() == pytest.approx(1 + 20, rel=1e-3)


def test_every_convolution_is_normalised_and_rectified():
    kinds = [type(module).__name__ for module in AVCAudioBranch(2, 2)]
    assert kinds == ['Conv2d', 'BatchNorm2d', 'ReLU'] * 3
    assert (AVCAudioBranch(2, 2)(torch.randn(4, 2, 5, 2)) >= 0).all()


@pytest.mark.parametrize(('options', 'stride'), [({}, 1), ({'stride': 2}, 2)])
def test_the_visual_branch_is_layer4_of_a_resnet18_by_default_at_stride_one(options, stride):
    torch.manual_seed(0)
    down = nn.Sequential(resnet.conv1x1(4, 6, stride), nn.BatchNorm2d(6))
    layer4 = nn.Sequential(
        resnet.BasicBlock(4, 6, stride, downsample=down), resnet.BasicBlock(6, 6)
    ).eval()
    for norm in (m for m in layer4.modules() if isinstance(m, nn.BatchNorm2d)):
        nn.init.normal_(norm.running_mean)
        nn.init.uniform_(norm.running_var, 0.5, 2)
    branch = AVCVisualBranch(in_channels=4, channels=6, **options).eval()
    branch.load_state_dict(layer4.state_dict())
    features = torch.randn(2, 4, 5, 5)
    torch.testing.assert_close(branch(features), layer4(features))


def test_the_papers_visual_branch_has_the_parameters_of_layer4():
    def count(module):
        return sum(p.numel() for p in module.parameters())

    assert count(AVCVisualBranch()) == count(resnet.resnet18().layer4)
