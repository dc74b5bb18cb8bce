import pytest
import torch

from mmavl.registry import MODELS
from mmavl.structures import AVDataSample

from ..small_models import LOCALIZER

#: What peers have in place of a localizer.
SEEING = {
    'visual_backbone': {'type': 'TimmBackbone', 'name': 'resnet10t', 'out_indices': (4,)},
    'visual_neck': {'type': 'ConvNeck', 'in_channels': 512, 'out_channels': 6},
    'window': 32 * 256 - 1,
    'rows': 32,
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
def build_peer():
    """A small peer; its U-Net is guided unless the options say otherwise."""

    def make(name, unet=None, **options):
        torch.manual_seed(0)
        unet = {'out_channels': 1, 'guide_channels': 6} if unet is None else unet
        unet = {'type': 'SeparationUNet', 'channels': 4, 'levels': 4, **unet}
        return MODELS.build({'type': name, 'unet': unet, **SEEING, **options})

    return make


@pytest.fixture
def losses_of():
    """The total loss in each of a few steps of training."""

    def train(model, batch, steps=25):
        with torch.no_grad():  # as from a cache
            batch[0]['image_features'] = model.visual_backbone(batch[0]['image'])
        model.visual_backbone.requires_grad_(False)
        model.train()
        optimizer = torch.optim.Adam((p for p in model.parameters() if p.requires_grad), lr=1e-2)
        losses = []
        for _ in range(steps):
            loss = sum(model(*batch, 'loss').values())
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        return losses

    return train


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
