"""Loading the frame and the sound in a sample's meta information, and writing sounds.

Pictures are drawn from the files, not from the batch, which has no images if features are cached.
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

#: Maximum length of a sound to draw.
LONGEST = 60.0


def load_frame(meta: Mapping) -> np.ndarray:
    """Read the sample's frame.

    Args:
        meta (Mapping): With ``img_path``, or ``video`` and ``time`` in seconds.

    Returns:
        np.ndarray: RGB, uint8 [H, W, 3].

    Raises:
        DataError: The file is missing or unreadable.
    """
    if meta.get('img_path'):
        return read_image(meta['img_path'])
    return read_video_frame(meta['video'], meta['time'])


def load_spectrogram(meta: Mapping) -> Spectrogram:
    """Read the sound at ``audio_path``, at most its first minute.

    Raises:
        DataError: The file is missing, unreadable or without sound.
    """
    return Spectrogram.of_waveform(*read_audio(meta['audio_path'], seconds=LONGEST))


def write_wav(path: str | Path, waveform: np.ndarray, sample_rate: int) -> None:
    """Write a sound as 16-bit WAV; samples outside [-1, 1] are clipped.

    Args:
        path (str | Path): The file; it is never incomplete.
        waveform (np.ndarray): Mono, [L].
        sample_rate (int): Sample rate in Hz.

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
        return encode_flac(*soundfile.read(file, dtype='int16'))


def encode_flac(samples: np.ndarray, sample_rate: int) -> bytes:
    """Samples [L] or [L, channels] as 16-bit FLAC; float ones outside [-1, 1] are clipped."""
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, sample_rate, subtype='PCM_16', format='FLAC')
    return buffer.getvalue()
