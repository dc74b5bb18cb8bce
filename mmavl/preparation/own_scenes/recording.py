"""Preparing recordings for phrases: mono, normalised, without pauses."""

import numpy as np

from mmavl.datasets.manifest_checks import SILENCE
from mmavl.errors import DataError
from mmavl.media.audio import read_audio
from mmavl.scenes.waves import SAMPLE_RATE

#: Maximum seconds to read from a recording.
LONGEST = 120.0
SHORTEST = 0.1
_FRAME = 512
#: Frames this far below the loudest one are pauses; this many frames around sounds are kept.
_PAUSE_DB, _KEPT = 35.0, 4


def read_recording(path: str) -> np.ndarray:
    """Read a recording with a peak of 0.9, float32 [L] at SAMPLE_RATE.

    Raises:
        DataError: It cannot be decoded, is silent, or is shorter than ``SHORTEST``.
    """
    wave, _ = read_audio(path, SAMPLE_RATE, seconds=LONGEST)
    peak = float(np.abs(wave).max(initial=0))
    if peak < SILENCE:
        raise DataError(f'{path} is silent (peak {peak:.2g})')
    if len(wave) < SHORTEST * SAMPLE_RATE:
        raise DataError(f'{path} is shorter than {SHORTEST:g} s ({len(wave) / SAMPLE_RATE:.3f} s)')
    return wave * np.float32(0.9 / peak)


def without_pauses(wave: np.ndarray) -> np.ndarray:
    """Shorten pauses to 0.2 s, so that any part of it sounds most of the time.

    Args:
        wave: float [L].

    Returns:
        np.ndarray: float [at most L]; unchanged if shorter than a frame.
    """
    count = len(wave) // _FRAME
    if count < 2:
        return wave
    frames = wave[: count * _FRAME].reshape(count, _FRAME)
    energy = np.mean(frames.astype(float) ** 2, axis=1)
    loud = energy > 10 ** (-_PAUSE_DB / 10) * energy.max()
    near = np.convolve(loud, np.ones(2 * _KEPT + 1), 'same') > 0.5
    return frames[near[:count]].reshape(-1)
