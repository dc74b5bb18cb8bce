"""The graph of all classes gives, class by class, the predictions of the model."""

import pytest
import torch
from torch import nn

from mmavl.errors import ConfigError
from mmavl.export.localizer_graph import LocalizerGraph
from mmavl.models.localizers import CoarseToFine, RandomLocalizer
from mmavl.registry import MODELS
from mmavl.structures import AVDataSample


class Picture(nn.Module):
    """A backbone that is one convolution."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 6, 3, 16, 1)
        self.out_channels = 6

    def forward(self, image):
        return self.conv(image)


@pytest.fixture(autouse=True)
def _picture():
    MODELS.register_module(module=Picture)
    yield
    MODELS.module_dict.pop('Picture')


def build(classes=3, **options):
    torch.manual_seed(1)
    tagging = {
        'audio_tag_head': {
            'type': 'GRUTagHead', 'num_classes': classes, 'in_channels': 12, 'hidden': 5,
        },
        'visual_tag_head': {'type': 'PooledTagHead', 'num_classes': classes, 'in_channels': 8},
        'visual_neck': {'type': 'ConvNeck', 'in_channels': 6, 'out_channels': 8},
        'disentangler': {'type': 'GradCAMDisentangler'},
        'alignment_head': {
            'type': 'AlignmentHead', 'in_channels': 8, 'num_classes': classes,
            'peak_threshold': 0.5,
            'map_transforms': [
                {'type': 'SmoothMaps'}, {'type': 'SigmoidHeat', 'midpoint': 1.1},
            ],
        },
    }  # fmt: skip
    model = CoarseToFine(
        audio_backbone={'type': 'CRNN', 'channels': (4, 4, 4, 4, 6)},
        visual_backbone={'type': 'Picture'},
        avc_head={
            'type': 'AVCHead',
            'audio_branch': {'type': 'AVCAudioBranch', 'in_channels': 6, 'channels': 8},
            'visual_branch': {
                'type': 'ConvNeck', 'in_channels': 6, 'out_channels': 8, 'smoothing': 3,
            },
            'channels': 8,
        },
        **({} if options.get('stage') == 'correspondence' else tagging),
        **options,
    ).eval()  # fmt: skip
    for module in model.modules():  # a map of a fresh model is nearly flat
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 1, 3)
            nn.init.uniform_(module.bias, -0.5, 0.5)
    nn.init.normal_(model.avc_head.fc[0].weight)
    return model


def inputs(count=2):
    torch.manual_seed(2)
    return torch.randn(count, 1, 24, 64), torch.randn(count, 3, 64, 80)


ALL = [{'type': 'CellCorrespondence', 'temperature': 2.0}, 'TimesClassMaps', 'ConnectedToPeak']


@pytest.mark.parametrize(
    ('stage', 'transforms'),
    [
        *((stage, []) for stage in ('alignment', 'category', 'correspondence')),
        *((stage, ALL) for stage in ('alignment', 'category')),
        ('alignment', ['TimesClassMaps']),
        ('correspondence', ['ConnectedToPeak']),
    ],
)
def test_maps_and_tags_are_those_of_predict_for_every_class(stage, transforms):
    model = build(stage=stage, map_transforms=transforms)
    spectrogram, image = inputs()
    samples = [AVDataSample(metainfo={'clip_id': str(i)}, gt_tags=torch.ones(3)) for i in (0, 1)]
    with torch.no_grad():
        maps, second = LocalizerGraph(model)(spectrogram, image)
        predicted = model({'spectrogram': spectrogram, 'image': image}, samples, 'predict')
    expected = torch.stack([sample.pred_maps.data for sample in predicted])
    assert expected.std() > 1e-4
    torch.testing.assert_close(maps, expected, rtol=1e-4, atol=1e-7)
    name = 'pred_avc' if stage == 'correspondence' else 'pred_tags'
    own = torch.stack([sample.get(name) for sample in predicted])
    own = own[:, 0] if stage == 'correspondence' else own
    torch.testing.assert_close(second, own, rtol=0, atol=1e-6)


def test_models_without_a_graph_are_refused_by_name():
    with pytest.raises(ConfigError, match='RandomLocalizer cannot be exported'):
        LocalizerGraph(RandomLocalizer())
    model = build()
    model.disentangler = MODELS.build({'type': 'CAMDisentangler'})
    with pytest.raises(ConfigError, match='CAMDisentangler cannot be exported'):
        LocalizerGraph(model)
    model = build()
    model.audio_tag_head = nn.Identity()
    with pytest.raises(
        ConfigError, match='Identity cannot be exported: it has no all_channel_weights'
    ):
        LocalizerGraph(model)
