"""A localizer whose answers can be worked out by hand, a separator, and small media files."""

import numpy as np
import pytest
import soundfile
import torch
from mmengine.structures import PixelData
from PIL import Image

from mmavl.apis import LocalizationInferencer, Separation
from mmavl.demo.analysis import Analyst
from mmavl.models.localizers import BaseLocalizer
from mmavl.registry import MODELS

RATE = 8000


@MODELS.register_module(force=True)
class LeftAndRight(BaseLocalizer):
    """Hears 'left' at 0.9 and 'right_side' at 0.1; their maps are that half of the frame."""

    def extract(self, inputs):
        return {}

    def loss(self, inputs, data_samples):
        return {}

    def predict(self, inputs, data_samples):
        half = torch.zeros(4, 4)
        half[:, :2] = 1
        for sample in data_samples:
            sample.pred_tags = torch.tensor([0.9, 0.1])
            sample.pred_visual_tags = torch.tensor([0.5, 0.5])
            sample.pred_maps = PixelData(data=torch.stack([half, 1 - half]))
            sample.map_labels = torch.tensor([0, 1])
        return data_samples


def separate(files):
    """Twice the tone, and silence."""
    loud = 2 * np.sin(np.arange(RATE) / 9).astype(np.float32)
    sources = {'left': loud, 'right_side': 0 * loud}
    return {'predictions': [Separation('clip', RATE, RATE, sources, {})]}


@pytest.fixture(scope='session')
def localizer():
    pipeline = [
        {'type': 'LoadFrame'},
        {'type': 'LoadAudio', 'sample_rate': RATE},
        {'type': 'Resize', 'size': (32, 32)},
        {'type': 'CropPadAudio', 'seconds': 1.0, 'crop': 'centre'},
        {'type': 'PackAVInputs'},
    ]
    dataset = {
        'type': 'AVDataset',
        'ann_file': 'none.json',
        'metainfo': {'classes': ['left', 'right_side']},
        'pipeline': pipeline,
    }
    model = {'type': 'LeftAndRight', 'data_preprocessor': {'type': 'AVDataPreprocessor'}}
    config = {'model': model, 'test_dataloader': {'dataset': dataset}}
    return LocalizationInferencer(config, device='cpu', show_progress=False)


@pytest.fixture(scope='session')
def analyst(localizer):
    return Analyst(localizer, separate, rate=2, longest=4)


@pytest.fixture(scope='session')
def media(tmp_path_factory, media):
    """A folder: a.png (16 x 8), a.wav (1 s), clip.mp4 (2 s), bad.mp4 (a text)."""
    folder = tmp_path_factory.mktemp('Clips & media')
    tone = np.sin(np.arange(RATE) / 9) / 2
    Image.fromarray(np.full((8, 16, 3), 100, np.uint8)).save(folder / 'a.png')
    soundfile.write(folder / 'a.wav', tone, RATE)
    (folder / 'bad.mp4').write_text('no video <b>at all</b>')
    frames = [np.full((48, 64, 3), 30 * number, np.uint8) for number in range(8)]
    media.write_clip(folder / 'clip.mp4', frames, fps=4, wave=np.tile(tone, 2), rate=RATE)
    return folder
