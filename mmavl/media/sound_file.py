"""Sound files that libsndfile reads: much faster than FFmpeg, and to the exact sample."""

import os

import numpy as np
import soundfile

# Formats whose number of samples libsndfile knows. That of an MP3 is an estimate.
_EXACT = {'AIFF', 'AU', 'CAF', 'FLAC', 'OGG', 'RF64', 'W64', 'WAV', 'WAVEX'}
# A longer one means that the length is unknown, as in a FLAC that was written into a pipe.
_MOST_SECONDS = 100 * 24 * 3600


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
    if file.format in _EXACT and file.seekable() and known:
        return SoundFile(file)
    file.close()
    return None
