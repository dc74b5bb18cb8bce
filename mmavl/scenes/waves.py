"""Reading, cutting and checking single waves."""

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
import soxr

SAMPLE_RATE = 22050


@dataclass(frozen=True)
class Recording:
    """A sound file at SAMPLE_RATE that is read in parts.

    Args:
        name: Its name in the manifest.
        path: The file.
        length: Number of samples.
    """

    name: str
    path: Path
    length: int

    def read(self, start: int = 0, count: int = -1) -> np.ndarray:
        """Read samples, float32 [count]; by default all."""
        return soundfile.read(self.path, count, start, dtype='float32')[0]

    def window(self, rng: np.random.Generator, count: int) -> np.ndarray:
        """Read samples from a random position; a shorter recording is repeated."""
        if self.length < count:
            return np.resize(self.read(), count)
        return self.read(int(rng.integers(self.length - count + 1)), count)


def read_wave(file: str | io.BytesIO) -> np.ndarray:
    """Read a sound file as mono float32 [L] at SAMPLE_RATE."""
    wave, rate = soundfile.read(file, dtype='float32', always_2d=True)
    return soxr.resample(wave.mean(1), rate, SAMPLE_RATE).astype(np.float32)


def without_silence(wave: np.ndarray) -> np.ndarray:
    """Remove the silence before the first and after the last sound."""
    loud = np.flatnonzero(np.abs(wave) > 0.01 * np.abs(wave).max())
    return wave[loud[0] : loud[-1] + 1]


def fade(wave: np.ndarray, seconds_in: float = 0.01, seconds_out: float = 0.15) -> np.ndarray:
    """Fade a phrase in and out, so that a cut does not click."""
    rise, fall = round(seconds_in * SAMPLE_RATE), round(seconds_out * SAMPLE_RATE)
    wave = wave.copy()
    wave[:rise] *= np.linspace(0, 1, rise, dtype=np.float32)
    wave[-fall:] *= np.linspace(1, 0, fall, dtype=np.float32)
    return wave


def audible(wave: np.ndarray, rms: float = 0.006, share: float = 0.5) -> bool:
    """Whether a phrase is loud enough, and within 35 dB of its maximum for long enough."""
    if np.sqrt(np.mean(wave**2)) < rms:
        return False
    frames = wave[: len(wave) // 1024 * 1024].reshape(-1, 1024)
    energy = np.mean(frames**2, axis=1)
    return bool(np.mean(energy > 10**-3.5 * energy.max()) >= share)
