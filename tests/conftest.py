import json
import struct
from fractions import Fraction
from types import SimpleNamespace

import av
import numpy as np
import pytest
import soundfile
import torch
from PIL import Image

from mmavl.media import media_file

RATE = 8000
#: What Linux takes for the name of a file.
AWKWARD_NAMES = (
    'caf\udce9', 'a\u2028b', 'a\x85b', 'a\nb', 'a\tb', 'a b', 'A_b', 'abc\u202efdp', '😀🎻', '三',
    'trailing ', 'con', 'e\u0301', 'é_', '<b>x&y', 'q\'"q', '%s{0}', '\x1b[31m', 'n' * 240, '~',
    '..',
)  # fmt: skip


@pytest.fixture(scope='session', autouse=True)
def every_cpu_alike():
    """In tests no CPU has bfloat16 instructions: 'auto' is float32 on every machine."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch.cpu, 'get_capabilities', dict, raising=False)
        yield


@pytest.fixture
def tiny_manifest(tmp_path):
    """Four clips of grey frames; a violin sounds in the middle, a horn at the left is silent.

    Folder, clip ids and file names hold a slash, a space and letters that are not ASCII.
    """
    root = tmp_path / 'Dätä'
    root.mkdir()
    clips = []
    for index, name in enumerate(('clip/1', 'ü2', '三', 'd 4')):
        stem = name.replace('/', '_')
        Image.new('RGB', (64, 64), (90, 90, 90)).save(root / f'{stem}.jpg')
        soundfile.write(root / f'{stem}.wav', np.sin(np.arange(22050) / (9 + index)) / 2, 22050)
        boxes = [
            {'bbox': [0.25, 0.25, 0.5, 0.5], 'label': 'Violin', 'sounding': True},
            {'bbox': [0.0, 0.25, 0.125, 0.5], 'label': 'Horn', 'sounding': False},
        ]
        clips.append(
            {
                'clip_id': name,
                'audio': f'{stem}.wav',
                'frames': [f'{stem}.jpg'],
                'fps': 1,
                'duration': 1.0,
                'tags': ['Violin'],
                'boxes': {'0': boxes},
            }
        )
    metainfo = {
        'dataset': 'toy',
        'split': 'test',
        'classes': ['Violin', 'Horn'],
        'format_version': 1,
    }
    path = root / 'test.json'
    manifest = {'metainfo': metainfo, 'data_list': clips}
    path.write_text(json.dumps(manifest, ensure_ascii=False), encoding='utf-8')
    return path


# ------------------------------------------------------------- media files, made by PyAV


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
    """The functions that write media."""
    return SimpleNamespace(
        RATE=RATE,
        bright_corner=bright_corner,
        grey_frames=grey_frames,
        read_video=read_video,
        tone=tone,
        turn=turn,
        write_clip=write_clip,
    )


@pytest.fixture(scope='session')
def awkward_names():
    """Names of files: not UTF-8, with line breaks, colliding, long, and others."""
    return AWKWARD_NAMES


@pytest.fixture
def clip(tmp_path):
    """Two seconds of frames that grow brighter, with a tone."""
    return str(write_clip(tmp_path / 'clip.mp4', grey_frames(20), wave=tone(2)))


@pytest.fixture
def opens(monkeypatch):
    """The paths of the media files that are opened with FFmpeg, in order."""
    paths, really = [], media_file.open_container

    def note(path):
        paths.append(path)
        return really(path)

    monkeypatch.setattr(media_file, 'open_container', note)
    return paths
