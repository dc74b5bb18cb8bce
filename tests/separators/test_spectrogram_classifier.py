import torch

from mmavl.registry import MODELS
from mmavl.separators import SpectrogramClassifier


def test_each_convolution_halves_the_sides_and_doubles_the_channels():
    net = MODELS.build({'type': 'SpectrogramClassifier', 'num_classes': 7, 'depth': 3}).eval()
    found = net.convs(torch.zeros(2, 1, 32, 48))
    assert found.shape == (2, 32, 4, 6)
    assert net(torch.zeros(2, 1, 32, 48)).shape == (2, 7)


def test_a_low_tone_is_told_from_a_high_one():
    torch.manual_seed(0)
    net = SpectrogramClassifier(2, channels=4, depth=3)
    tones = torch.rand(8, 1, 32, 16)
    tones[:4, :, 4] += 20
    tones[4:, :, 25:29] += 20
    labels = torch.tensor([0] * 4 + [1] * 4)
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-2)
    for _ in range(20):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(net(tones), labels).backward()
        optimizer.step()
    assert net(tones).argmax(1).tolist() == labels.tolist()
