"""What a split may show and let sound."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from mmavl.errors import DataError
from mmavl.scenes.effects import Effects
from mmavl.scenes.waves import audible, fade

#: A voice draws a phrase of so many seconds: float32 [seconds * SAMPLE_RATE], any level.
Voice = Callable[[np.random.Generator, float], np.ndarray]


class Picture:
    """A picture and where it is from, read when it is first looked at.

    Args:
        name: Of its source.
        read: Gives the pixels.
    """

    def __init__(self, name: str, read: Callable[[], np.ndarray]) -> None:
        self.name = name
        self._read = read

    @cached_property
    def pixels(self) -> np.ndarray:
        """uint8 BGRA [H, W, 4] of a cut-out, BGR [H, W, 3] of a background."""
        return self._read()


@dataclass(frozen=True)
class PictureBank:
    """What one split may show: class -> its cut-outs, and the backgrounds."""

    cutouts: dict[str, list[Picture]]
    backgrounds: list[Picture]


class SoundBank:
    """What one split may let sound: class -> kind of material -> its voices.

    A kind (a sound font, recorded notes, recordings) is drawn first, then one of its voices, so
    that no kind drowns the others by its number.

    Args:
        voices: Class -> kind -> voices.
    """

    def __init__(self, voices: dict[str, dict[str, list[Voice]]]) -> None:
        self.voices = voices

    def phrase(
        self, label: str, rng: np.random.Generator, seconds: float
    ) -> tuple[np.ndarray, str]:
        """Draw an audible phrase of a class, at a root mean square of 1.

        Near-silent presets and phrases that die away early are drawn again.

        Returns:
            tuple: The phrase, float32 [seconds * SAMPLE_RATE], and the kind it was made of.

        Raises:
            DataError: Twenty draws in a row were not audible.
        """
        for _ in range(20):
            wave, kind = self.draw(label, rng, seconds)
            wave = fade(wave)
            if audible(wave):
                return wave / np.sqrt(np.mean(wave**2)), kind
        raise DataError(f'no audible phrase of {label} in 20 draws from {self.sources(label)}')

    def draw(self, label: str, rng: np.random.Generator, seconds: float) -> tuple[np.ndarray, str]:
        """Draw a phrase of any level, and what it was made of."""
        kinds = self.voices[label]
        kind = list(kinds)[rng.integers(len(kinds))]
        voice = kinds[kind][rng.integers(len(kinds[kind]))]
        return voice(rng, seconds), kind

    def sources(self, label: str) -> list[str]:
        """What a class's phrases are drawn from."""
        return list(self.voices[label])


class Banks(NamedTuple):
    """All that the scenes of a split are made of."""

    pictures: PictureBank
    sounds: SoundBank
    effects: Effects | None = None
