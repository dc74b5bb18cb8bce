import pytest
import timm
import torch

from mmavl.errors import CheckpointError, ConfigError
from mmavl.taggers.visual import TimmDenseClassifier

MEAN, STD = (9.0, 8.0, 7.0), (2.0, 4.0, 8.0)


def build(name, tmp_path, **kwargs):
    torch.manual_seed(0)
    net = timm.create_model(name, num_classes=3).eval()
    torch.save(net.state_dict(), tmp_path / 'w.pth')
    labels = ['a', 'b', 'c']
    dense = TimmDenseClassifier(
        name, str(tmp_path / 'w.pth'), labels=labels, mean=MEAN, std=STD, **kwargs
    )
    return net, dense.eval()


def picture(*size):
    return torch.randint(0, 256, (2, 3, *size), generator=torch.Generator().manual_seed(0)).float()


def normalised(images):
    mean, std = (torch.tensor(values)[:, None, None] for values in (MEAN, STD))
    return (images - mean) / std


@pytest.mark.parametrize(
    ('name', 'size'), [('resnet18', (96, 64)), ('tf_efficientnet_lite0', (64, 96))]
)
def test_the_mean_of_the_class_activation_is_the_classifiers_logit(name, size, tmp_path):
    net, dense = build(name, tmp_path)
    with torch.no_grad():
        maps = dense(picture(*size))
        expected = net(normalised(picture(*size)))
    assert maps.shape == (2, 3, size[0] // 32, size[1] // 32)
    torch.testing.assert_close(maps.mean((2, 3)), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize('name', ['convnext_atto', 'swin_tiny_patch4_window7_224'])
def test_a_cell_has_the_logits_of_a_picture_whose_last_map_is_that_cell(name, tmp_path):
    """Where a norm stands between pooling and the linear layer, the mean is not the logit."""
    net, dense = build(name, tmp_path)
    size = (224, 224) if 'swin' in name else (96, 64)
    with torch.no_grad():
        maps = dense(picture(*size))
        features = net.forward_features(normalised(picture(*size)))
        cell = features[:, 1:2, :1] if 'swin' in name else features[:, :, 1:2, :1]
        expected = net.forward_head(cell)
    assert maps.shape == (2, 3, size[0] // 32, size[1] // 32)
    torch.testing.assert_close(maps[:, :, 1, 0], expected, rtol=1e-4, atol=1e-5)


def test_a_wrong_label_list_and_other_weights_are_refused(tmp_path):
    build('resnet10t', tmp_path)
    weights = str(tmp_path / 'w.pth')
    with pytest.raises(CheckpointError, match=r'w\.pth does not fit resnet10t with the 2 names'):
        TimmDenseClassifier('resnet10t', weights, labels=['a', 'b'])
    with pytest.raises(CheckpointError, match='does not fit resnet14t'):
        TimmDenseClassifier('resnet14t', weights, labels=['a', 'b', 'c'])
    with pytest.raises(ConfigError, match=r"no model 'resnet81'; did you mean 'resnet18'\?"):
        TimmDenseClassifier('resnet81', labels=['a'])


@pytest.mark.parametrize('name', ['vit_tiny_patch16_224', 'mixer_s32_224'])
def test_a_network_of_tokens_is_refused(name):
    with pytest.raises(ConfigError, match=f'{name} has no feature maps: choose a convolutional'):
        TimmDenseClassifier(name, labels=['a'])
