"""The frame and the sound that a sample's meta information names.

Pictures are drawn from the files, not from the batch: with cached features no image is in it.
"""

from collections.abc import Mapping

import numpy as np

from mmavl.datasets.audio_io import read_audio
from mmavl.datasets.image_io import read_image, read_video_frame

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
