import av
import numpy as np
import pytest
import soundfile
from PIL import Image

#: Container -> codecs of video and sound.
CODECS = {
    '.mp4': ('libx264', 'aac'),
    '.mkv': ('mpeg4', 'aac'),
    '.avi': ('mpeg4', 'libmp3lame'),
    '.webm': ('libvpx', 'libopus'),
}


def grey(time):
    """How bright a test video is at a time: 10 at the start, 17 brighter from .7, 1.7, ... on.

    No test looks at a frame within .2 s of a change: AVI stamps frames one too late.
    """
    return 10 + 17 * int(time + 0.3)


def write_video(path, seconds, fps=5, size=(64, 48), sound=True, pictures=True, gain=0.5):
    """A video that gets brighter every second, with a tone."""
    video_codec, sound_codec = CODECS[path.suffix]
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), 'w') as container:
        streams = []
        if pictures:
            stream = container.add_stream(video_codec, rate=fps)
            stream.width, stream.height = size
            stream.pix_fmt = 'yuv420p'
            frames = []
            for index in range(round(seconds * fps)):
                picture = np.full((size[1], size[0], 3), grey(index / fps), np.uint8)
                frames.append(av.VideoFrame.from_ndarray(picture, format='rgb24'))
            streams.append((stream, frames))
        if sound:
            rate, chunk = (48000, 960) if sound_codec == 'libopus' else (22050, 1024)
            stream = container.add_stream(sound_codec, rate=rate, layout='mono')
            wave = gain * np.sin(2 * np.pi * 440 * np.arange(round(rate * seconds)) / rate)
            frames = []
            for first in range(0, len(wave), chunk):
                piece = np.ascontiguousarray(wave[None, first : first + chunk], np.float32)
                frame = av.AudioFrame.from_ndarray(piece, format='fltp', layout='mono')
                frame.sample_rate, frame.pts = rate, first
                frames.append(frame)
            streams.append((stream, frames))
        for stream, frames in streams:
            for frame in [*frames, None]:
                container.mux(stream.encode(frame))
    return str(path)


def write_sound(path, seconds, rate=22050, gain=0.5):
    path.parent.mkdir(parents=True, exist_ok=True)
    wave = gain * np.sin(2 * np.pi * 440 * np.arange(round(rate * seconds)) / rate)
    soundfile.write(path, wave, rate)
    return str(path)


def write_frames(folder, count, first=0, digits=4, size=(64, 48)):
    folder.mkdir(parents=True, exist_ok=True)
    for index in range(count):
        picture = Image.new('RGB', size, (grey(index),) * 3)
        picture.save(folder / f'{first + index:0{digits}d}.jpg')


def brightness(path):
    return float(np.asarray(Image.open(path).convert('L')).mean())


@pytest.fixture
def media(tmp_path):
    """An empty folder for media."""
    folder = tmp_path / 'media'
    folder.mkdir()
    return folder
