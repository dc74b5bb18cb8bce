"""Room, noise, microphone, codec and pitch effects, which clean phrases lack.

Pure functions of waves, float [L] at SAMPLE_RATE unless stated otherwise.
"""

import io
from collections.abc import Sequence

import av
import numpy as np
import soxr
import torch
from torchaudio import functional

from mmavl.scenes.waves import SAMPLE_RATE

#: Codec -> its encoder in FFmpeg, its container, and its sample rate in Hz.
CODECS = {
    'aac': ('aac', 'mp4', SAMPLE_RATE),
    'mp3': ('libmp3lame', 'mp3', SAMPLE_RATE),
    'opus': ('libopus', 'ogg', 24000),
}
#: Frame size in samples for encoders that accept any.
_FRAME = 960


def reverberate(wave: np.ndarray, impulse: np.ndarray) -> np.ndarray:
    """Apply the reverberation of a room to a wave.

    The impulse response is used from its highest peak, the direct sound, so that nothing is
    delayed; reverberation after the wave's end is cut. The root mean square is kept.

    Args:
        wave: [L], not silent.
        impulse: The impulse response of the room, [K], at any scale.

    Returns:
        np.ndarray: [L].
    """
    direct = impulse[int(np.abs(impulse).argmax()) :]
    wet = functional.fftconvolve(*(torch.from_numpy(np.array(w, float)) for w in (wave, direct)))
    wet = wet.numpy()[: len(wave)]
    return wet * (rms(wave) / rms(wet))


def decaying_impulse(rng: np.random.Generator, rt60: float, direct_db: float) -> np.ndarray:
    """Draw an impulse response: a click and exponentially decaying noise.

    Source: the model of a diffuse field in J. Polack, La transmission de l'énergie sonore dans les
    salles, 1988.

    Args:
        rng: Random generator.
        rt60: Seconds in which the noise decays by 60 dB.
        direct_db: Energy of the click relative to the noise, in dB; at least 0, so
            that no noise sample exceeds the click.

    Returns:
        np.ndarray: [rt60 * SAMPLE_RATE].
    """
    time = np.arange(round(rt60 * SAMPLE_RATE)) / SAMPLE_RATE
    tail = rng.standard_normal(len(time)) * 10 ** (-3 * time / rt60)
    tail[0] = 0
    impulse = tail * 10 ** (-direct_db / 20) / np.sqrt(np.sum(tail**2))
    impulse[0] = 1
    return impulse


def pink_noise(rng: np.random.Generator, length: int) -> np.ndarray:
    """Draw noise whose power falls by 3 dB per octave, with a root mean square of 1."""
    spectrum = np.fft.rfft(rng.standard_normal(length))
    spectrum[1:] /= np.sqrt(np.arange(1, len(spectrum)))
    spectrum[0] = 0
    noise = np.fft.irfft(spectrum, length)
    return noise / rms(noise)


def at_snr(noise: np.ndarray, signal: np.ndarray, snr_db: float) -> np.ndarray:
    """Scale noise to a given signal-to-noise ratio in dB."""
    return noise * (rms(signal) / rms(noise) * 10 ** (-snr_db / 20))


def equalise(wave: np.ndarray, bands: Sequence[tuple[float, float]]) -> np.ndarray:
    """Raise or lower parts of the spectrum, each about one and a half octaves wide.

    Args:
        wave: [L].
        bands: Centre frequency in Hz and gain in dB of each band.

    Returns:
        np.ndarray: [L].
    """
    filtered = torch.from_numpy(np.array(wave, float))
    for frequency, gain in bands:
        filtered = functional.equalizer_biquad(filtered, SAMPLE_RATE, frequency, gain, Q=0.9)
    return filtered.numpy()


def shift_pitch(wave: np.ndarray, semitones: float) -> np.ndarray:
    """Play a wave faster or slower, like a tape: float [L * 2 ** (-semitones / 12)]."""
    factor = 2 ** (semitones / 12)
    return soxr.resample(wave, SAMPLE_RATE * factor, SAMPLE_RATE)


def through_codec(wave: np.ndarray, codec: str, bit_rate: int) -> np.ndarray:
    """Encode a wave with a lossy codec, and decode it.

    Args:
        wave: [L], in [-1, 1].
        codec: One of ``CODECS``.
        bit_rate: Bit rate in bit/s.

    Returns:
        np.ndarray: [L], aligned with the wave.
    """
    _, _, rate = CODECS[codec]
    file = _encoded(soxr.resample(wave, SAMPLE_RATE, rate), codec, bit_rate)
    coded = soxr.resample(*_decoded(file), SAMPLE_RATE)[: len(wave)]
    return np.pad(coded, (0, len(wave) - len(coded)))


def _encoded(wave: np.ndarray, codec: str, bit_rate: int) -> io.BytesIO:
    encoder, container, rate = CODECS[codec]
    file = io.BytesIO()
    with av.open(file, 'w', format=container) as output:
        track = output.add_stream(encoder, rate=rate, layout='mono')
        track.bit_rate = bit_rate
        resampler = av.AudioResampler(track.format, 'mono', rate, track.frame_size or _FRAME)
        samples = np.ascontiguousarray(wave[None], np.float32)
        frame = av.AudioFrame.from_ndarray(samples, format='fltp', layout='mono')
        frame.sample_rate, frame.pts = rate, 0
        for piece in (*resampler.resample(frame), *resampler.resample(None)):
            output.mux(track.encode(piece))
        output.mux(track.encode(None))
    file.seek(0)
    return file


def _decoded(file: io.BytesIO) -> tuple[np.ndarray, int]:
    with av.open(file) as source:
        track = source.streams.audio[0]
        resampler = av.AudioResampler('fltp', 'mono', track.rate)
        frames = [piece for frame in source.decode(track) for piece in resampler.resample(frame)]
    return np.concatenate([frame.to_ndarray()[0] for frame in frames]), track.rate


def rms(wave: np.ndarray) -> float:
    """The root mean square; a tiny positive value for silence."""
    return max(float(np.sqrt(np.mean(np.square(wave, dtype=float)))), 1e-12)
