"""Room, noise, microphone and codec effects on a scene's sound, drawn once per scene."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from mmavl.scenes import augment
from mmavl.scenes.waves import Recording

#: The probability of each effect in a scene.
SHARE = 0.5
_RT60, _DIRECT_DB = (0.15, 0.8), (0.0, 10.0)  # seconds, dB: from a furnished room to a hall
_SNR_DB = (5.0, 30.0)
_BANDS, _BAND_HZ, _BAND_DB = (1, 4), (80.0, 8000.0), 9.0
_BIT_RATES = (16_000, 24_000, 32_000, 48_000, 64_000)


@dataclass(frozen=True)
class Chain:
    """The effects of one scene.

    Args:
        impulse: A room's impulse response, [K], or None.
        bands: Centre frequency in Hz and gain in dB of an equaliser's bands.
        noise: Noise as long as the scene, [L], or None.
        snr_db: Level of the sum of sources above the noise.
        codec: Name and bit/s, or None.
        record: Description of the effects for the manifest.
    """

    impulse: np.ndarray | None = None
    bands: Sequence[tuple[float, float]] = ()
    noise: np.ndarray | None = None
    snr_db: float = 0.0
    codec: tuple[str, int] | None = None
    record: dict = field(default_factory=dict)

    def on_source(self, wave: np.ndarray) -> np.ndarray:
        """Apply room and microphone to a source, float [L]."""
        if self.impulse is not None:
            wave = augment.reverberate(wave, self.impulse)
        return augment.equalise(wave, self.bands) if self.bands else wave

    def noise_under(self, mixture: np.ndarray) -> np.ndarray | float:
        """The noise scaled for the sum of sources, float [L]; 0 if there is none."""
        return 0.0 if self.noise is None else augment.at_snr(self.noise, mixture, self.snr_db)

    def on_mixture(self, mixture: np.ndarray) -> np.ndarray:
        """Encode and decode the mixture, int16 [L]."""
        if self.codec is None:
            return mixture
        decoded = augment.through_codec(mixture / 32768, *self.codec)
        return np.round(decoded * 32768).clip(-32768, 32767).astype(np.int16)


@dataclass(frozen=True)
class Effects:
    """Draws the effects of scenes.

    Args:
        names: Effects to use: 'reverb', 'noise', 'equaliser', 'codec'; others are ignored.
        length: Samples of a scene.
        impulses: Recorded impulse responses. Defaults to none: synthetic ones are drawn.
        noises: Recorded noise. Defaults to none: pink noise is drawn.
    """

    names: Sequence[str]
    length: int
    impulses: Sequence[Recording] = ()
    noises: Sequence[Recording] = ()

    def draw(self, rng: np.random.Generator) -> Chain:
        """Draw the effects of a scene and their parameters."""
        drawn: dict[str, Any] = {}
        record: dict[str, dict | list | str] = {}
        drawers = {
            'reverb': self._reverb,
            'noise': self._noise,
            'equaliser': self._equaliser,
            'codec': self._codec,
        }
        for name, draw in drawers.items():
            if name in self.names and rng.random() < SHARE:
                values, record[name] = draw(rng)
                drawn |= values
        return Chain(**drawn, record=record)

    def _reverb(self, rng: np.random.Generator) -> tuple[dict, dict | str]:
        if self.impulses:
            recording = self.impulses[int(rng.integers(len(self.impulses)))]
            return {'impulse': recording.read()}, recording.name
        said = {'rt60': _round(rng.uniform(*_RT60)), 'direct_db': _round(rng.uniform(*_DIRECT_DB))}
        return {'impulse': augment.decaying_impulse(rng, **said)}, said

    def _noise(self, rng: np.random.Generator) -> tuple[dict, dict]:
        snr_db, name = _round(rng.uniform(*_SNR_DB)), 'pink'
        if self.noises:
            recording = self.noises[int(rng.integers(len(self.noises)))]
            noise, name = recording.window(rng, self.length), recording.name
        else:
            noise = augment.pink_noise(rng, self.length)
        return {'noise': noise, 'snr_db': snr_db}, {'noise': name, 'snr_db': snr_db}

    def _equaliser(self, rng: np.random.Generator) -> tuple[dict, list]:
        low, high = np.log(_BAND_HZ)
        bands = [
            (_round(np.exp(rng.uniform(low, high))), _round(rng.uniform(-_BAND_DB, _BAND_DB)))
            for _ in range(rng.integers(*_BANDS))
        ]
        return {'bands': bands}, bands

    def _codec(self, rng: np.random.Generator) -> tuple[dict, dict]:
        codec = (
            list(augment.CODECS)[rng.integers(len(augment.CODECS))],
            _BIT_RATES[rng.integers(len(_BIT_RATES))],
        )
        return {'codec': codec}, {'codec': codec[0], 'bit_rate': codec[1]}


def _round(value: float) -> float:
    """Round, so that the manifest has exactly the values that are used."""
    return round(float(value), 2)
