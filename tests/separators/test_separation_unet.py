import pytest
import torch

from mmavl.registry import MODELS
from mmavl.separators import SeparationUNet


def test_the_papers_network_has_seven_levels_of_64_to_512_channels():
    with torch.device('meta'):
        net = SeparationUNet()
    convs = [m for m in net.down.modules() if isinstance(m, torch.nn.Conv2d)]
    assert [c.out_channels for c in convs] == [64, 128, 256, 512, 512, 512, 512]
    ups = [m for m in net.up.modules() if isinstance(m, torch.nn.Conv2d)]
    assert [c.in_channels for c in ups] == [128, 256, 512, 1024, 1024, 1024, 512]
    assert [c.out_channels for c in ups] == [32, 64, 128, 256, 512, 512, 512]
    assert net(torch.empty(2, 1, 256, 256, device='meta')).shape == (2, 32, 256, 256)


def test_every_level_hears_and_is_heard():
    torch.manual_seed(0)
    net = MODELS.build({'type': 'SeparationUNet', 'channels': 8, 'out_channels': 3, 'levels': 4})
    spectrogram = torch.randn(2, 1, 32, 48)
    net(spectrogram).square().mean().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in net.parameters())
    net.eval()
    before = net(spectrogram)
    spectrogram[0, 0, 31, 47] += 5.0
    changed = (net(spectrogram) - before).abs().amax(1)
    assert changed[1].max() == 0
    assert changed[0, 31, 47] > 0
    assert changed[0, :8, :8].max() > 0  # through the lowest level, which sees everything


def test_sides_that_cannot_be_halved_are_refused():
    net = SeparationUNet(channels=2, levels=3)
    with pytest.raises(ValueError, match=r'\(32, 20\) are not multiples of 8'):
        net(torch.zeros(1, 1, 32, 20))
    with pytest.raises(ValueError, match='levels=1'):
        SeparationUNet(levels=1)


def test_a_guide_changes_only_its_own_source_and_each_source_hears_its_own_mixture():
    torch.manual_seed(0)
    net = SeparationUNet(4, out_channels=1, levels=3, guide_channels=5).eval()
    mixtures, guides = torch.randn(2, 1, 16, 16), torch.randn(3, 5)
    index = torch.tensor([0, 1, 1])
    before = net(mixtures, guides, index)
    assert before.shape == (3, 1, 16, 16)
    alone = net(mixtures[1:], guides[1:2], torch.tensor([0]))
    torch.testing.assert_close(alone[0], before[1])
    guides[2] += 1.0
    changed = (net(mixtures, guides, index) - before).abs().amax((1, 2, 3)) > 1e-4
    assert changed.tolist() == [False, False, True]


def test_its_weights_lie_as_convolutions_on_cpus_want_them():
    weight = SeparationUNet(4, levels=3).down[1][1].weight
    assert weight.is_contiguous(memory_format=torch.channels_last)
