import torch
from mmengine.registry import init_default_scope

from mmavl.models.localizers import CAVL
from mmavl.separators import ClusterGuidance

from ..models.localizers.peers import given_backbones


def make():
    init_default_scope('mmavl')
    cells = {'type': 'Projection', 'in_channels': 2, 'out_channels': 2}
    model = CAVL(audio_neck=cells, visual_neck=cells, **given_backbones())
    for neck in (model.audio_neck, model.visual_neck):
        neck[0].weight.data = torch.eye(2)[..., None, None]
        neck[0].bias.data.zero_()
    return model.eval()


def test_the_guide_is_the_centre_of_the_object_that_sounds():
    """Two frames with a background and an object each, and one mixture of both sounds."""
    image = torch.full((2, 2, 2, 2), -9.0)
    image[0, :, 0, 0] = torch.tensor([9.0, 0.0])
    image[1, :, 1, 0] = torch.tensor([0.0, 9.0])
    mixture = torch.zeros(2, 2, 4, 1)
    mixture[:, 0, :2], mixture[:, 1, 2:] = 8.0, 8.0
    for stage in range(2):
        model = make()
        model.set_stage(stage)
        features = model.extract({'audio_features': mixture, 'image_features': image})
        labels = torch.tensor([3, 7])
        guides = ClusterGuidance()(model, features, labels)
        torch.testing.assert_close(guides, torch.tensor([[9.0, 0.0], [0.0, 9.0]]))
        maps = ClusterGuidance().weights(model, features, labels)
        assert maps[0].argmax() == 0
        assert maps[1].argmax() == 2
