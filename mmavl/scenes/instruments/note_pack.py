"""Playing phrases with single recorded notes."""

import re
from functools import cache
from pathlib import Path

import numpy as np

from mmavl.errors import DataError
from mmavl.scenes.instruments.phrases import Note
from mmavl.scenes.waves import SAMPLE_RATE, read_wave


class NotePack:
    """Half of the single recorded notes of one instrument, played as phrases.

    Args:
        folder: Folder of the notes, named by pitch: ``C4.mp3``, ``As2.mp3``.
        half: 0 uses the first, third, ... note from below, 1 the others.
    """

    def __init__(self, folder: Path, half: int) -> None:
        pitched = sorted((pitch_of(path.stem), path) for path in folder.glob('*.mp3'))
        if len(pitched) < 4:
            raise DataError(f'{folder} has {len(pitched)} notes, but at least 4 are needed')
        self.paths = dict(pitched[half::2])
        self._read = cache(read_note)

    def render(self, notes: list[Note], seconds: float) -> np.ndarray:
        """Play notes with the recordings of the nearest pitches: float32 [seconds * rate]."""
        wave = np.zeros(round(seconds * SAMPLE_RATE), np.float32)
        for note in notes:
            for pitch in {self._nearest(pitch) for pitch in note.pitches}:
                sound = cut(self._read(str(self.paths[pitch])), note.length)
                start = round(note.start * SAMPLE_RATE)
                part = wave[start : start + len(sound)]
                part += sound[: len(part)] * (note.velocity / 127)
        return wave

    def _nearest(self, pitch: int) -> int:
        return min(self.paths, key=lambda recorded: (abs(recorded - pitch), recorded))


def pitch_of(name: str) -> int:
    """Return the MIDI number of a note's name, e.g. 60 for ``C4`` and 46 for ``As2 v2``."""
    match = re.match(r'([A-G])(s?)(-?\d+)', name)
    if match is None:
        raise ValueError(f'{name!r} is not the name of a note, such as C4 or As2')
    letter, sharp, octave = match.groups()
    return 12 * (int(octave) + 1) + 'C.D.EF.G.A.B'.index(letter) + bool(sharp)


def read_note(path: str) -> np.ndarray:
    """Read a recorded note from its onset, with a peak of 1: float32 [L]."""
    wave = read_wave(path)
    peak = np.abs(wave).max()
    if peak == 0:
        raise DataError(f'{path} is silent')
    onset = int(np.argmax(np.abs(wave) > 0.02 * peak))
    return wave[onset : onset + 4 * SAMPLE_RATE] / peak


def cut(wave: np.ndarray, seconds: float, release: float = 0.12) -> np.ndarray:
    """Release a ringing note after some seconds."""
    held, tail = round(seconds * SAMPLE_RATE), round(release * SAMPLE_RATE)
    wave = wave[: held + tail].copy()
    if len(wave) > held:
        wave[held:] *= np.linspace(1, 0, tail, dtype=np.float32)[: len(wave) - held]
    return wave
