import pytest
import torch

from mmavl.errors import ConfigError
from mmavl.models.necks import ClassifierConv
from mmavl.utils.hub import create_timm


def test_it_gives_the_map_that_the_classifier_averages(tmp_path):
    torch.manual_seed(0)
    net = create_timm('test_efficientnet', False).eval()
    torch.save(net.state_dict(), tmp_path / 'net.pth')
    neck = ClassifierConv('test_efficientnet', str(tmp_path / 'net.pth')).eval()
    image = torch.randn(1, 3, 64, 64)
    stages = net.forward_intermediates(image, intermediates_only=True)
    cached = torch.cat([torch.randn(1, 5, *stages[-1].shape[-2:]), stages[-1]], 1)
    torch.testing.assert_close(neck(cached), net.forward_features(image))
    assert neck.out_channels == net.num_features


def test_a_network_without_that_convolution_is_refused():
    with pytest.raises(ConfigError, match='test_resnet has no convolution between'):
        ClassifierConv('test_resnet')
