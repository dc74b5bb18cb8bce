"""The pictures and sounds that a split may use."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from mmavl.errors import DataError
from mmavl.scenes.effects import Effects
from mmavl.scenes.waves import audible, fade

#: A voice draws a phrase of a given length: float32 [seconds * SAMPLE_RATE], at any level.
Voice = Callable[[np.random.Generator, float], np.ndarray]


class Picture:
    """A picture and its source, read on first use.

    Args:
        name: Name of its source.
        read: Returns the pixels.
    """

    def __init__(self, name: str, read: Callable[[], np.ndarray]) -> None:
        self.name = name
        self._read = read

    @cached_property
    def pixels(self) -> np.ndarray:
        """uint8: BGRA [H, W, 4] for a cut-out, BGR [H, W, 3] for a background."""
        return self._read()


@dataclass(frozen=True)
class PictureBank:
    """The pictures of a split: class -> its cut-outs, and the backgrounds."""

    cutouts: Mapping[str, Sequence[Picture]]
    backgrounds: Sequence[Picture]


class SoundBank:
    """The sounds of a split: class -> kind of material -> its voices.

    A kind (a sound font, recorded notes, recordings) is drawn first, then one of its voices, so
    that kinds with many voices do not dominate.

    Args:
        voices: Class -> kind -> voices.
    """

    def __init__(self, voices: dict[str, dict[str, list[Voice]]]) -> None:
        self.voices = voices

    def phrase(
        self, label: str, rng: np.random.Generator, seconds: float
    ) -> tuple[np.ndarray, str]:
        """Draw an audible phrase of a class, at a root mean square of 1.

        Near-silent presets and phrases that decay too early are drawn again.

        Returns:
            tuple: The phrase, float32 [seconds * SAMPLE_RATE], and its kind of material.

        Raises:
            DataError: Twenty consecutive draws were inaudible.
        """
        for _ in range(20):
            wave, kind = self.draw(label, rng, seconds)
            wave = fade(wave)
            if audible(wave):
                return wave / np.sqrt(np.mean(wave**2)), kind
        raise DataError(f'no audible phrase of {label} in 20 draws from {self.sources(label)}')

    def draw(self, label: str, rng: np.random.Generator, seconds: float) -> tuple[np.ndarray, str]:
        """Draw a phrase at any level, and return it with its material."""
        kinds = self.voices[label]
        kind = list(kinds)[rng.integers(len(kinds))]
        voice = kinds[kind][rng.integers(len(kinds[kind]))]
        return voice(rng, seconds), kind

    def sources(self, label: str) -> list[str]:
        """The sources of a class's phrases."""
        return list(self.voices[label])


class Banks(NamedTuple):
    """All material for the scenes of a split."""

    pictures: PictureBank
    sounds: SoundBank
    effects: Effects | None = None
