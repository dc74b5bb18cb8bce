"""Media files made for one rule of decoding each."""

import av
import numpy as np

FPS = 10


def grey(index):
    return 20 + round(1.6 * index)


def write_pictures(
    path, seconds=12, gop=10, b_frames=0, container=None, size=(64, 64), ratio=None, paint=None
):
    """Frame n, at n / 10 s, is grey 20 + 1.6 n, or what ``paint`` gives, [H, W, 3]."""
    with av.open(str(path), 'w', format=container) as out:
        track = out.add_stream('libx264', rate=FPS)
        track.width, track.height, track.pix_fmt = *size, 'yuv420p'
        track.options = {'g': str(gop), 'bf': str(b_frames), 'sc_threshold': '0', 'qp': '4'}
        if ratio:
            track.codec_context.sample_aspect_ratio = ratio
        for index in range(round(seconds * FPS)):
            grey_pixels = np.full((size[1], size[0], 3), grey(index), np.uint8)
            pixels = grey_pixels if paint is None else paint
            frame = av.VideoFrame.from_ndarray(pixels, format='rgb24')
            frame.pts = index
            out.mux(track.encode(frame))
        out.mux(track.encode(None))
    return str(path)


def index_of(image):
    return (image[20:40, 20:40].mean() - 20) / 1.6


def write_sound(path, wave, codec, rate=44100, container=None, options=None, quality=None):
    with av.open(str(path), 'w', format=container, container_options=options or {}) as out:
        track = out.add_stream(codec, rate=rate, layout='mono')
        if quality is not None:
            track.codec_context.qscale = True
            track.codec_context.global_quality = quality
        size = track.codec_context.frame_size if codec != 'libopus' else 960
        for first in range(0, len(wave), size := size or 1024):
            piece = np.ascontiguousarray(wave[None, first : first + size], np.float32)
            frame = av.AudioFrame.from_ndarray(piece, format='fltp', layout='mono')
            frame.sample_rate, frame.pts = rate, first
            out.mux(track.encode(frame))
        out.mux(track.encode(None))
    return str(path)


def noise(seconds, rate=44100, gain=0.5):
    return np.random.default_rng(0).uniform(-gain, gain, round(seconds * rate))
