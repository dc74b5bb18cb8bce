import pytest
import torch
from torch import nn

from mmavl.errors import ConfigError
from mmavl.models.map_transforms import MapContext, ObjectGuidance
from mmavl.registry import MODELS


class Same(nn.Module):
    """Features that are the picture itself."""

    def forward(self, image):
        """The picture."""
        return image


@pytest.fixture
def context():
    image = torch.zeros(2, 3, 2, 2)
    image[0, :, 0, 0] = -6.0  # absolute values count
    image[1, :, 1, 1] = 1.0
    localizer = nn.Module()
    localizer.visual_backbone = Same()
    pairs = torch.tensor([[0, -1], [1, -1]])

    def make(**inputs):
        return MapContext(localizer, {}, pairs, inputs or {'image': image})

    return make


def test_it_mixes_map_and_objects_both_stretched(context):
    maps = torch.tensor([[[0.0, 10.0], [5.0, 0.0]], [[2.0, 2.0], [2.0, 2.0]]])
    mixed = ObjectGuidance(alpha=0.4)(maps, context())
    torch.testing.assert_close(mixed[0], torch.tensor([[0.6, 0.4], [0.2, 0.0]]))
    torch.testing.assert_close(mixed[1], torch.tensor([[0.0, 0.0], [0.0, 0.6]]))  # constant map


def test_with_a_largest_value_nothing_is_stretched(context):
    scores = torch.full((2, 2, 2), 0.5)
    mixed = ObjectGuidance(alpha=0.9, largest=2.5)(scores, context())
    # 6 is above 2.5: 1; 1 is 0.4 of it
    torch.testing.assert_close(mixed[0], torch.tensor([[0.55, 0.45], [0.45, 0.45]]))
    torch.testing.assert_close(mixed[1], torch.tensor([[0.45, 0.45], [0.45, 0.49]]))
    with pytest.raises(ValueError, match='largest=0 is not above 0'):
        ObjectGuidance(largest=0)


def test_alpha_one_leaves_the_order_of_the_map_alone(context):
    maps = torch.rand(2, 2, 2)
    mixed = ObjectGuidance(alpha=1)(maps, context())
    assert torch.equal(mixed.flatten(1).argsort(1), maps.flatten(1).argsort(1))


def test_cached_features_are_used_where_there_are_any(context):
    features = torch.zeros(2, 3, 2, 2)
    features[:, :, 0, 1] = 2.0
    mixed = ObjectGuidance(alpha=0)(torch.rand(2, 2, 2), context(image_features=features))
    assert mixed.flatten(1).argmax(1).tolist() == [1, 1]


def test_a_backbone_of_its_own_needs_pictures(context, monkeypatch):
    monkeypatch.setitem(MODELS.module_dict, 'Same', Same)
    guidance = ObjectGuidance(alpha=0, backbone={'type': 'Same'})
    assert guidance(torch.rand(2, 2, 2), context())[0].argmax() == 0
    with pytest.raises(ConfigError, match='needs images, but image features'):
        guidance(torch.rand(2, 2, 2), context(image_features=torch.zeros(2, 3, 2, 2)))


def test_alpha_outside_0_to_1_is_refused():
    with pytest.raises(ValueError, match=r'alpha=1\.5 is not from 0 to 1'):
        ObjectGuidance(alpha=1.5)


def test_a_backbone_of_its_own_is_not_trained():
    """Several processes would wait for its gradients."""
    backbone = {'type': 'ResNet18', 'pretrained': False, 'output_stride': 32}
    guidance = ObjectGuidance(backbone=backbone)
    assert not any(parameter.requires_grad for parameter in guidance.parameters())
