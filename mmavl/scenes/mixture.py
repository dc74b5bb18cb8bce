"""Mix the phrases of a scene's classes into one sound."""

import numpy as np

from mmavl.scenes.banks import SoundBank
from mmavl.scenes.effects import Chain
from mmavl.scenes.waves import SAMPLE_RATE

DURATION = 5.0
_ON_SHARE = (0.45, 0.70)
_GAIN_DB = 3.0  # to either side: sources are within 6 dB of each other
_PEAK = (0.5, 0.9)


def mix(
    rng: np.random.Generator,
    bank: SoundBank,
    labels: tuple[str, ...],
    chain: Chain | None = None,
) -> tuple[np.ndarray, dict[str, np.ndarray], dict[str, str]]:
    """Draw a phrase for each class, stagger them over the clip, and add them up.

    Each phrase sounds for 45 to 70 % of the clip. Root mean squares over the phrases lie within
    6 dB of each other. One factor for all puts the highest peak of the mixture and its sources
    between .5 and .9.

    Args:
        rng: The scene's stream.
        bank: Gives the phrases.
        labels: The classes that sound.
        chain: Room, noise and codec. Room and equaliser change the sources; noise and what a
            codec loses are in the mixture alone. Defaults to none.

    Returns:
        tuple: the mixture, int16 [L]; the sources by class, int16 [L], whose exact sum it is
        where there is neither noise nor a codec; and the kind of material of each source.
    """
    sources, kinds = _stagger(rng, bank, labels)
    noise = 0.0
    if chain is not None:
        sources = {label: chain.on_source(wave) for label, wave in sources.items()}
        noise = chain.noise_under(sum(sources.values()))
    peak = max(np.abs(wave).max() for wave in (*sources.values(), sum(sources.values()) + noise))
    scale = rng.uniform(*_PEAK) * 32767 / peak
    sources = {name: np.round(wave * scale).astype(np.int16) for name, wave in sources.items()}
    mixture = sum(sources.values()) + np.round(noise * scale).astype(np.int16)
    return mixture if chain is None else chain.on_mixture(mixture), sources, kinds


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
