"""Sound files that libsndfile reads: much faster than FFmpeg, and to the exact sample."""

import os
from mmap import ACCESS_READ, mmap

import numpy as np
import soundfile

# Formats whose number of samples libsndfile knows. That of an MP3 is an estimate.
_EXACT = {'AIFF', 'AU', 'CAF', 'FLAC', 'OGG', 'RF64', 'W64', 'WAV', 'WAVEX'}
# A longer one means that the length is unknown, as in a FLAC that was written into a pipe.
_MOST_SECONDS = 100 * 24 * 3600
# How the page begins with which a recording in an Ogg file does.
_BEGINNING = b'OggS\0\x02'


class SoundFile:
    """An open file of one of those formats; use it in a ``with`` block.

    Attributes:
        rate (int): In Hz.
        samples (int): Of each channel.
        channels (int): How many.
    """

    def __init__(self, file: soundfile.SoundFile) -> None:
        self._file = file
        self.rate = file.samplerate
        self.samples = file.frames
        self.channels = file.channels

    def __enter__(self) -> 'SoundFile':
        return self

    def __exit__(self, *exception: object) -> None:
        self._file.close()

    def read(self, first: int, count: int, run_up: int) -> np.ndarray | None:
        """Some samples, the mean of the channels, float32 [count].

        Args:
            first (int): The first one.
            count (int): How many.
            run_up (int): How many to decode before, since a decoder's first samples after a seek
                are not yet right.

        Returns:
            np.ndarray | None: None where the file ends before: its header is wrong.
        """
        skip = min(first, run_up)
        try:
            self._file.seek(first - skip)
            samples = self._file.read(skip + count, dtype='float32', always_2d=True)
        except soundfile.LibsndfileError:
            return None
        return samples[skip:].mean(axis=1) if len(samples) == skip + count else None


def open_sound_file(path: str) -> SoundFile | None:
    """Open a file of an exact format; None for any other file."""
    try:
        file = soundfile.SoundFile(os.fsencode(path))
    except (soundfile.LibsndfileError, OSError):
        return None
    known = 0 < file.frames <= _MOST_SECONDS * file.samplerate
    if file.format in _EXACT and file.seekable() and known and not _is_joined(path, file):
        return SoundFile(file)
    file.close()
    return None


def _is_joined(path: str, file: soundfile.SoundFile) -> bool:
    """Whether an Ogg file begins more than once; libsndfile reads the first recording alone."""
    if file.format != 'OGG':
        return False
    with open(path, 'rb') as pages, mmap(pages.fileno(), 0, access=ACCESS_READ) as content:
        return content.find(_BEGINNING, len(_BEGINNING)) >= 0
