"""A localizer whose answers can be worked out by hand, a separator, and small media files."""

from fractions import Fraction

import av
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
def media(tmp_path_factory):
    """A folder: a.png (16 x 8), a.wav (1 s), clip.mp4 (2 s), bad.mp4 (a text)."""
    folder = tmp_path_factory.mktemp('Clips & media')
    tone = np.sin(np.arange(RATE) / 9) / 2
    Image.fromarray(np.full((8, 16, 3), 100, np.uint8)).save(folder / 'a.png')
    soundfile.write(folder / 'a.wav', tone, RATE)
    (folder / 'bad.mp4').write_text('no video <b>at all</b>')
    with av.open(str(folder / 'clip.mp4'), 'w') as container:
        video = container.add_stream('libx264', rate=4)
        video.width, video.height, video.pix_fmt = 64, 48, 'yuv420p'
        sound = container.add_stream('aac', rate=RATE, layout='mono')
        for number in range(8):
            pixels = np.full((48, 64, 3), 30 * number, np.uint8)
            frame = av.VideoFrame.from_ndarray(pixels, format='rgb24')
            frame.pts, frame.time_base = number, Fraction(1, 4)
            container.mux(video.encode(frame))
        container.mux(video.encode())
        samples = np.tile(tone, 2).astype(np.float32)[None]
        frame = av.AudioFrame.from_ndarray(samples, format='fltp', layout='mono')
        frame.sample_rate, frame.time_base, frame.pts = RATE, Fraction(1, RATE), 0
        container.mux(sound.encode(frame))
        container.mux(sound.encode())
    return folder
