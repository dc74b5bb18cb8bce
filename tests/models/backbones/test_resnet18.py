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
