"""The spectrogram that pictures show: finer than a model's own, with readable axes."""

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
import torch
from PIL import Image, ImageDraw
from torch.nn import functional
from torchaudio import transforms

from .drawing import FAINT, INK, PAPER, SOUND_COLOURS, colourise, font, min_max

AXIS = 17
_N_FFT = 2048
_BANDS = 96


@dataclass(frozen=True)
class Spectrogram:
    """A spectrogram and what its axes need.

    Attributes:
        values (np.ndarray): Loudness on a log scale, [T, F], low frequencies first.
        duration (float): Seconds that T covers.
        bands (np.ndarray, optional): Centre frequency of each band in Hz, [F].
        start (float): Second of the recording at which it starts. Defaults to 0.
    """

    values: np.ndarray
    duration: float
    bands: np.ndarray | None = None
    start: float = 0.0

    @classmethod
    def of_waveform(
        cls, waveform: np.ndarray, sample_rate: int, start: float = 0.0
    ) -> 'Spectrogram':
        """Log-mel spectrogram of 96 bands over the whole range, the top 60 dB.

        Args:
            waveform (np.ndarray): Mono, [L].
            sample_rate (int): Samples per second.
            start (float): Second of the recording at which it starts. Defaults to 0.
        """
        mel, centres = _mel(sample_rate)
        wave = torch.as_tensor(waveform, dtype=torch.float32)
        wave = functional.pad(wave, (0, max(_N_FFT - len(waveform), 0)))
        decibels = transforms.AmplitudeToDB(top_db=60)(mel(wave)).T.numpy()
        return cls(decibels, len(waveform) / sample_rate, centres, start)


@cache
def _mel(sample_rate: int) -> tuple[transforms.MelSpectrogram, np.ndarray]:
    """The transform, and its bands' centre frequencies in Hz, [F]."""
    hop = max(sample_rate // 100, 1)
    mel = transforms.MelSpectrogram(
        sample_rate, _N_FFT, hop_length=hop, n_mels=_BANDS, norm='slaney', mel_scale='slaney'
    )
    filters = mel.mel_scale.fb
    frequencies = torch.linspace(0, sample_rate / 2, len(filters))
    return mel, ((frequencies @ filters) / filters.sum(0).clamp_min(1e-12)).numpy()


def draw_spectrogram(
    spectrogram: Spectrogram,
    width: int,
    height: int,
    limits: tuple[float, float] | None = None,
    colours: str = SOUND_COLOURS,
) -> Image.Image:
    """The spectrogram with its time axis beneath and frequencies inside, low ones at the bottom.

    Args:
        spectrogram (Spectrogram): What to draw.
        width (int): Of the picture, in pixels.
        height (int): Of the picture, its time axis of 17 pixels included.
        limits (tuple[float, float], optional): Values of the first and the last colour. Defaults
            to the spectrogram's own lowest and highest.
        colours (str): A matplotlib colormap. Defaults to that of sounds.
    """
    inner = height - AXIS
    values = spectrogram.values.astype(np.float32)
    if limits is None:
        values = min_max(values)
    else:
        values = ((values - limits[0]) / (limits[1] - limits[0])).clip(0, 1)
    values = values.T[::-1]
    method = cv2.INTER_AREA if values.shape[1] > width else cv2.INTER_LINEAR
    pixels = cv2.resize(np.ascontiguousarray(values), (width, inner), interpolation=method)
    picture = Image.new('RGB', (width, height), PAPER)
    picture.paste(Image.fromarray(colourise(pixels, colours)))
    draw = ImageDraw.Draw(picture)
    face = font(11)
    for second in _time_ticks(spectrogram, width):
        share = (second - spectrogram.start) / spectrogram.duration
        x = min(round(share * width), width - 1)
        draw.line((x, inner, x, inner + 3), INK)
        text = f'{second:g} s'
        half = face.getlength(text) / 2
        x = min(max(x, half), width - half)
        draw.text((x, inner + 4), text, FAINT, face, anchor='mt')
    for hertz, text in ((500, '500 Hz'), (2000, '2 kHz'), (8000, '8 kHz')):
        if spectrogram.bands is not None and hertz < spectrogram.bands[-1]:
            band = np.interp(hertz, spectrogram.bands, np.arange(len(spectrogram.bands)) + 0.5)
            y = round(inner * (1 - band / len(spectrogram.bands)))
            draw.line((0, y, 4, y), PAPER)
            draw.text((8, y), text, PAPER, face, anchor='lm', stroke_width=2, stroke_fill=INK)
    return picture


def _time_ticks(spectrogram: Spectrogram, width: int) -> np.ndarray:
    """Round seconds of the recording, at least 70 pixels apart."""
    start, duration = spectrogram.start, spectrogram.duration
    if duration <= 0:
        return np.zeros(0)
    steps = (0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300, 600, 3600)
    step = next((s for s in steps if s / duration * width >= 70), steps[-1])
    first = np.ceil(start / step - 1e-6)
    last = np.floor((start + duration) / step + 1e-6)
    return np.round(np.arange(first, last + 1) * step, 1)
