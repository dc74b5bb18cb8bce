"""The frame and the sound that a sample's meta information names, and sounds written to files.

Pictures are drawn from the files, not from the batch: with cached features no image is in it.
"""

import io
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import soundfile

from mmavl.media.audio import read_audio
from mmavl.media.image import read_image
from mmavl.media.video import read_video_frame
from mmavl.utils.files import atomic_write

from .spectrogram import Spectrogram

#: Longer sounds are drawn up to here.
LONGEST = 60.0


def load_frame(meta: Mapping) -> np.ndarray:
    """Read the sample's frame.

    Args:
        meta (Mapping): Holds ``img_path``, or ``video`` and ``time`` in seconds.

    Returns:
        np.ndarray: RGB, uint8 [H, W, 3].

    Raises:
        DataError: The file is missing or unreadable.
    """
    if meta.get('img_path'):
        return read_image(meta['img_path'])
    return read_video_frame(meta['video'], meta['time'])


def load_spectrogram(meta: Mapping) -> Spectrogram:
    """Read the sound at ``audio_path``, its first minute at most.

    Raises:
        DataError: The file is missing, unreadable or without sound.
    """
    return Spectrogram.of_waveform(*read_audio(meta['audio_path'], seconds=LONGEST))


def write_wav(path: str | Path, waveform: np.ndarray, sample_rate: int) -> None:
    """Write a sound as 16-bit wav; samples beyond [-1, 1] are clipped.

    Args:
        path (str | Path): The file; it appears whole or not at all.
        waveform (np.ndarray): Mono, [L].
        sample_rate (int): Samples per second.

    Raises:
        OSError: The file cannot be written.
    """
    buffer = io.BytesIO()
    soundfile.write(buffer, waveform, sample_rate, subtype='PCM_16', format='WAV')
    with atomic_write(path, 'wb') as file:
        file.write(buffer.getvalue())


def flac_bytes(path: str | Path) -> bytes:
    """A sound file as FLAC: the same samples at half of the size, and every browser plays it."""
    with open(path, 'rb') as file:  # soundfile takes no names that are not UTF-8
        samples, rate = soundfile.read(file, dtype='int16')
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, rate, subtype='PCM_16', format='FLAC')
    return buffer.getvalue()
