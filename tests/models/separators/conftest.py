import pytest
import torch

from mmavl.structures import AVDataSample

#: A small coarse-to-fine localizer of four classes.
LOCALIZER = {
    'type': 'CoarseToFine',
    'audio_backbone': {'type': 'CRNN', 'channels': (4, 4, 4, 4, 6)},
    'visual_backbone': {'type': 'TimmBackbone', 'name': 'resnet10t', 'out_indices': (3, 4)},
    'avc_head': {
        'type': 'AVCHead',
        'audio_branch': {'type': 'AVCAudioBranch', 'in_channels': 6, 'channels': 8},
        'visual_branch': {'type': 'ConvNeck', 'in_channels': 256, 'out_channels': 8},
        'channels': 8,
    },
    'audio_tag_head': {'type': 'GRUTagHead', 'num_classes': 4, 'in_channels': 12, 'hidden': 5},
    'visual_tag_head': {'type': 'PooledTagHead', 'num_classes': 4, 'in_channels': 512},
    'disentangler': {'type': 'GradCAMDisentangler'},
    'alignment_head': {'type': 'AlignmentHead', 'in_channels': 8},
}


class _GivenMaps(torch.nn.Module):
    """Stands in for a disentangler: gives maps that were worked out by hand."""

    def __init__(self, maps):
        super().__init__()
        self.maps = maps

    def forward(self, features, head, clips, classes):
        return self.maps


@pytest.fixture
def given_maps():
    return _GivenMaps


@pytest.fixture
def localizer_config():
    return LOCALIZER


@pytest.fixture
def make_batch():
    """Inputs as the preprocessor gives them, and the mixtures' samples."""

    def make(counts=(2, 2), length=8000, labels=None):
        generator = torch.Generator().manual_seed(3)
        index = torch.arange(len(counts)).repeat_interleave(torch.tensor(counts))
        size = len(index)
        time = torch.arange(length) / 11025
        pitch = 150 * (1.6 ** torch.arange(size))[:, None]
        waves = torch.sin(6.28 * pitch * time) * torch.rand(size, 1, generator=generator)
        waves += 0.01 * torch.randn(size, length, generator=generator)
        inputs = {
            'image': torch.randn(size, 3, 64, 64, generator=generator),
            'spectrogram': torch.randn(len(counts), 1, 32, 64, generator=generator),
            'sources': waves / 2,
            'mixture': torch.zeros(len(counts), length).index_add(0, index, waves / 2),
            'index': index,
            'labels': torch.arange(size) % 4 if labels is None else torch.tensor(labels),
        }
        samples = [AVDataSample(metainfo={'clip_id': f'm{i}'}) for i in range(len(counts))]
        return inputs, samples

    return make
