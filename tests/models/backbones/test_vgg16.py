import torch
from torchvision.models import vgg16

from mmavl.models.backbones import VGG16


def test_is_torchvisions_up_to_the_last_convolution():
    torch.manual_seed(0)
    reference = vgg16(weights=None).features[:29].eval()
    model = VGG16().eval()
    model.net.load_state_dict(reference.state_dict())
    image = torch.randn(1, 3, 64, 48)
    features = model(image)
    assert features.shape == (1, 512, 4, 3)
    assert (features < 0).any()
    torch.testing.assert_close(features, reference(image))
