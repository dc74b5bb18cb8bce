"""The user's pictures and recordings of a split, from which scenes draw."""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import cv2
import numpy as np

from mmavl.errors import DataError
from mmavl.preparation.own_scenes.texture import texture
from mmavl.scenes.augment import shift_pitch
from mmavl.scenes.banks import Picture, SoundBank
from mmavl.scenes.waves import SAMPLE_RATE, Recording, fade

#: A phrase is pitch-shifted with this probability, by at most this many semitones.
_SHIFTED, _SEMITONES = 0.5, 2.0
#: Fade-in and fade-out between consecutive recordings, in seconds.
_SEAM = 0.005, 0.04
#: Number of random backgrounds per split, and the offset of their numbers between splits.
_TEXTURES, _APART = 100, 100_000


class PictureFile(Picture):
    """A prepared picture that is read each time, since all may not fit into memory.

    Args:
        name: Its name in the manifest.
        path: The file.
    """

    def __init__(self, name: str, path: Path) -> None:
        self.name = name
        self._path = path

    @property
    def pixels(self) -> np.ndarray:
        """uint8: BGRA [H, W, 4] for a cut-out, BGR [H, W, 3] for a photograph."""
        return read_prepared(self._path)


def read_prepared(path: Path) -> np.ndarray:
    """A prepared picture, uint8: BGRA [H, W, 4] for a cut-out, BGR [H, W, 3] for a photograph.

    Raises:
        DataError: It was deleted or damaged since.
    """
    picture = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    if picture is None:
        raise DataError(f'{path} is missing or damaged: delete its folder, and build again')
    return picture


def textures(number: int) -> list[Picture]:
    """The random backgrounds of a split, given by number; splits share none."""
    seeds = range(number * _APART, number * _APART + _TEXTURES)
    return [Picture(f'texture:{seed}', partial(texture, seed)) for seed in seeds]


class RecordingBank(SoundBank):
    """Phrases from recordings: a part of a long one, or several short ones in sequence.

    Short recordings in sequence come from one folder: notes of one instrument, barks of
    one dog.

    Args:
        recordings: Class -> its recordings.
        shifted: Whether half of the phrases are pitch-shifted, by up to two semitones.
    """

    def __init__(self, recordings: Mapping[str, Sequence[Recording]], shifted: bool) -> None:
        self.recordings = recordings
        self.shifted = shifted

    def draw(self, label: str, rng: np.random.Generator, seconds: float) -> tuple[np.ndarray, str]:
        """Draw a phrase, float [seconds * SAMPLE_RATE]; also returns its recordings' names."""
        semitones = 0.0
        if self.shifted and rng.random() < _SHIFTED:
            semitones = round(float(rng.uniform(-_SEMITONES, _SEMITONES)), 2)
        length = round(seconds * SAMPLE_RATE)
        needed = int(np.ceil(length * 2 ** (semitones / 12))) + 2 if semitones else length
        wave, names = self._string(self.recordings[label], rng, needed)
        if not semitones:
            return wave, ', '.join(names)
        named = f'{", ".join(names)}: {semitones:+g} semitones'
        return shift_pitch(wave, semitones)[:length], named

    def sources(self, label: str) -> list[str]:
        """The first recordings of a class."""
        return [recording.name for recording in self.recordings[label][:5]]

    @staticmethod
    def _string(
        recordings: Sequence[Recording], rng: np.random.Generator, length: int
    ) -> tuple[np.ndarray, list[str]]:
        chosen = recordings[int(rng.integers(len(recordings)))]
        if chosen.length >= length:
            return chosen.window(rng, length), [chosen.name]
        folder = Path(chosen.name).parent
        near = [r for r in recordings if Path(r.name).parent == folder and r.length < length]
        parts: list[np.ndarray] = []
        names: dict[str, None] = {}
        have = 0
        while have < length:
            parts.append(fade(chosen.read(), *_SEAM))
            names[chosen.name] = None
            have += chosen.length
            chosen = near[rng.integers(len(near))]
        return np.concatenate(parts)[:length], list(names)
