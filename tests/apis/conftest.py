"""Localizers whose answers can be worked out by hand."""

from types import SimpleNamespace

import pytest
import torch
from mmengine.structures import PixelData

from mmavl.models.localizers import BaseLocalizer
from mmavl.registry import INFERENCERS, MODELS

RATE = 8000


@MODELS.register_module(force=True)
class ToyLocalizer(BaseLocalizer):
    """Hears how loud it is, sees where it is bright.

    'loud' has the greatest absolute sample as probability, 'quiet' the rest; the map of 'loud' is
    the image's red channel in 8 x 8 cells, that of 'quiet' its inverse.
    """

    def extract(self, inputs):
        return {}

    def loss(self, inputs, data_samples):
        return {}

    def predict(self, inputs, data_samples):
        red = torch.nn.functional.adaptive_avg_pool2d(inputs['image'][:, :1], 8)[:, 0] / 255
        for sample, bright, wave in zip(data_samples, red, inputs['waveform']):
            loud = wave.abs().max().clamp_max(1)
            sample.pred_tags = torch.stack([loud, 1 - loud])
            sample.pred_visual_tags = torch.tensor([0.5, 0.5])
            sample.pred_avc = torch.tensor([0.25, float('nan')])
            sample.pred_maps = PixelData(data=torch.stack([bright, 1 - bright]))
            sample.map_labels = torch.tensor([0, 1])
        return data_samples


def toy_config(seconds=1.0):
    preprocessor = {'type': 'AVDataPreprocessor', 'mean': (0, 0, 0), 'std': (1, 1, 1)}
    pipeline = [
        {'type': 'LoadFrame'},
        {'type': 'LoadAudio', 'sample_rate': RATE},
        {'type': 'Resize', 'size': (64, 64)},
        {'type': 'CropPadAudio', 'seconds': seconds, 'crop': 'centre'},
        {'type': 'PackAVInputs'},
    ]
    dataset = {
        'type': 'AVDataset',
        'ann_file': 'none.json',
        'metainfo': {'classes': ['loud', 'quiet']},
        'pipeline': pipeline,
    }
    return {
        'model': {'type': 'ToyLocalizer', 'data_preprocessor': preprocessor},
        'test_dataloader': {'dataset': dataset},
    }


@pytest.fixture(scope='session')
def media(media):
    """Also the config of the toy localizer."""
    return SimpleNamespace(**vars(media), toy_config=toy_config)


@pytest.fixture(scope='session')
def localize():
    """An inferencer of the ToyLocalizer."""
    config = {'type': 'LocalizationInferencer', 'model': toy_config(), 'device': 'cpu'}
    return INFERENCERS.build({**config, 'show_progress': False})
