"""Mixing the phrases of a scene's classes."""

from collections.abc import Iterable
from functools import reduce

import numpy as np

from mmavl.scenes.banks import SoundBank
from mmavl.scenes.effects import Chain
from mmavl.scenes.waves import SAMPLE_RATE

DURATION = 5.0
_ON_SHARE = (0.45, 0.70)
_GAIN_DB = 3.0  # in both directions: sources differ by at most 6 dB
_PEAK = (0.5, 0.9)


def mix(
    rng: np.random.Generator,
    bank: SoundBank,
    labels: tuple[str, ...],
    chain: Chain | None = None,
) -> tuple[np.ndarray, dict[str, np.ndarray], dict[str, str]]:
    """Draw a phrase for each class, spread them over the clip, and add them up.

    Each phrase sounds for 45 to 70 % of the clip. The root mean squares of the phrases differ by
    at most 6 dB. A common factor brings the highest peak of the mixture and its sources
    to between 0.5 and 0.9.

    Args:
        rng: The scene's random generator.
        bank: Provides the phrases.
        labels: The sounding classes.
        chain: Room, noise and codec. Room and equaliser change the sources; noise and codec
            losses are only in the mixture. Defaults to none.

    Returns:
        tuple: the mixture, int16 [L]; the sources by class, int16 [L], which add up to it exactly
        if there is neither noise nor a codec; and the kind of material of each source.
    """
    sources, kinds = _stagger(rng, bank, labels)
    noise: np.ndarray | float = 0.0
    if chain is not None:
        sources = {label: chain.on_source(wave) for label, wave in sources.items()}
        noise = chain.noise_under(_sum(sources.values()))
    peak = max(np.abs(wave).max() for wave in (*sources.values(), _sum(sources.values()) + noise))
    scale = rng.uniform(*_PEAK) * 32767 / peak
    sources = {name: np.round(wave * scale).astype(np.int16) for name, wave in sources.items()}
    mixture = _sum(sources.values()) + np.round(noise * scale).astype(np.int16)
    return mixture if chain is None else chain.on_mixture(mixture), sources, kinds


def _sum(waves: Iterable[np.ndarray]) -> np.ndarray:
    """The sum in the waves' own type, where np.sum would widen integers."""
    return reduce(np.add, waves)


def _stagger(
    rng: np.random.Generator, bank: SoundBank, labels: tuple[str, ...]
) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    length = round(DURATION * SAMPLE_RATE)
    sources, kinds = {}, {}
    order = rng.permutation(len(labels))
    for label, slot in zip(labels, order):
        seconds = rng.uniform(*_ON_SHARE) * DURATION
        phrase, kinds[label] = bank.phrase(label, rng, seconds)
        gain = 10 ** (rng.uniform(-_GAIN_DB, _GAIN_DB) / 20)
        start = round((slot + rng.random()) / len(labels) * (length - len(phrase)))
        sources[label] = np.zeros(length)
        sources[label][start : start + len(phrase)] = gain * phrase
    return sources, kinds
