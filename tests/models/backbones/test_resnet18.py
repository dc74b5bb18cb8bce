import pytest
import torch
from torchvision.models import resnet18

from mmavl.models.backbones import ResNet18


def test_is_torchvisions_with_stride_one_in_the_last_stage():
    torch.manual_seed(0)
    reference = resnet18(weights=None).eval()
    model = ResNet18().eval()
    own = model.net.state_dict()
    model.net.load_state_dict({k: reference.state_dict()[k] for k in own})
    reference.layer4[0].conv1.stride = reference.layer4[0].downsample[0].stride = (1, 1)
    image = torch.randn(1, 3, 64, 96)
    trunk = torch.nn.Sequential(*list(reference.children())[:-2])
    assert model(image).shape == (1, 512, 4, 6)
    torch.testing.assert_close(model(image), trunk(image), rtol=0, atol=1e-5)


def test_takes_a_spectrogram_where_asked():
    assert ResNet18(in_channels=1).eval()(torch.randn(2, 1, 251, 64)).shape == (2, 512, 16, 4)


def test_at_stride_32_it_is_torchvisions():
    torch.manual_seed(0)
    reference = resnet18(weights=None).eval()
    model = ResNet18(output_stride=32).eval()
    model.net.load_state_dict({k: reference.state_dict()[k] for k in model.net.state_dict()})
    image = torch.randn(1, 3, 224, 224)
    trunk = torch.nn.Sequential(*list(reference.children())[:-2])
    assert model(image).shape == (1, 512, 7, 7)
    torch.testing.assert_close(model(image), trunk(image), rtol=0, atol=1e-5)


def test_another_stride_is_refused():
    with pytest.raises(ValueError, match='output_stride=8 must be 16 or 32'):
        ResNet18(output_stride=8)
