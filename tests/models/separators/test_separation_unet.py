import pytest
import torch

from mmavl.models.separators import SeparationUNet
from mmavl.registry import MODELS


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
    with pytest.raises(ValueError, match=r'\(32, 20\) are no multiples of 8'):
        net(torch.zeros(1, 1, 32, 20))
    with pytest.raises(ValueError, match='levels=1'):
        SeparationUNet(levels=1)
