"""Small real media files, made by PyAV, and localizers whose answers can be worked out by hand."""

import struct
from fractions import Fraction
from types import SimpleNamespace

import av
import numpy as np
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


def tone(seconds, rate=RATE, gain=0.5, frequency=440.0):
    return gain * np.sin(2 * np.pi * frequency * np.arange(round(rate * seconds)) / rate)


def grey_frames(count, size=(64, 48)):
    """Frame i is grey of value 10 * i (at most 250)."""
    return [np.full((size[1], size[0], 3), min(10 * i, 250), np.uint8) for i in range(count)]


def bright_corner(size=(60, 40)):
    """White top left quarter on black."""
    image = np.zeros((size[1], size[0], 3), np.uint8)
    image[: size[1] // 2, : size[0] // 2] = 255
    return image


def write_clip(
    path,
    frames=(),
    fps=10,
    wave=None,
    rate=RATE,
    layout='mono',
    sound_codec='aac',
    moments=None,
    sound_at=0.0,
    container_format=None,
):
    """Write frames (RGB, at i / fps or at given seconds) and a sound [L] or [L, channels]."""
    with av.open(str(path), 'w', format=container_format) as container:
        if len(frames):
            # good enough to recognise greys, and one key frame a second
            video = container.add_stream('libx264', rate=fps, options={'crf': '12', 'g': str(fps)})
            video.height, video.width = frames[0].shape[:2]
            video.pix_fmt = 'yuv420p' if not any(n % 2 for n in frames[0].shape[:2]) else 'yuv444p'
            video.codec_context.time_base = Fraction(1, 1000)
        if wave is not None:
            sound = container.add_stream(sound_codec, rate=rate, layout=layout)
        for index, pixels in enumerate(frames):
            frame = av.VideoFrame.from_ndarray(pixels, format='rgb24')
            seconds = index / fps if moments is None else moments[index]
            frame.pts, frame.time_base = round(seconds * 1000), Fraction(1, 1000)
            container.mux(video.encode(frame))
        if len(frames):
            container.mux(video.encode())
        if wave is not None:
            samples = np.atleast_2d(np.asarray(wave, np.float32).T)
            for first in range(0, samples.shape[1], 1024):
                piece = np.ascontiguousarray(samples[:, first : first + 1024])
                frame = av.AudioFrame.from_ndarray(piece, format='fltp', layout=layout)
                frame.sample_rate, frame.time_base = rate, Fraction(1, rate)
                frame.pts = first + round(sound_at * rate)
                container.mux(sound.encode(frame))
            container.mux(sound.encode())
    return path


def read_video(path):
    """Moments in seconds and RGB frames of a video."""
    with av.open(str(path)) as container:
        frames = [*container.decode(video=0)]
        return [f.time for f in frames], [f.to_ndarray(format='rgb24') for f in frames]


def turn(path, target):
    """Write a copy of an mp4 whose display matrix turns it clockwise."""
    data = bytearray(path.read_bytes())
    identity = struct.pack('>9i', 1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30)
    clockwise = struct.pack('>9i', 0, 1 << 16, 0, -(1 << 16), 0, 0, 48 << 16, 0, 1 << 30)
    track = data.index(identity, data.index(b'tkhd'))
    data[track : track + 36] = clockwise
    target.write_bytes(data)
    return target


@pytest.fixture(scope='session')
def media():
    """The functions of this file."""
    return SimpleNamespace(
        RATE=RATE,
        bright_corner=bright_corner,
        grey_frames=grey_frames,
        read_video=read_video,
        tone=tone,
        toy_config=toy_config,
        turn=turn,
        write_clip=write_clip,
    )


@pytest.fixture
def clip(tmp_path):
    """Two seconds of frames that grow brighter, with a tone."""
    return str(write_clip(tmp_path / 'clip.mp4', grey_frames(20), wave=tone(2)))


@pytest.fixture(scope='session')
def localize():
    """An inferencer of the ToyLocalizer."""
    config = {'type': 'LocalizationInferencer', 'model': toy_config(), 'device': 'cpu'}
    return INFERENCERS.build({**config, 'show_progress': False})
