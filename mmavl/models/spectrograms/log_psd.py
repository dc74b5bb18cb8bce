"""The spectrogram of LVS, EZ-VSL and the methods after them."""

import math

import torch
from torch import Tensor, nn

from mmavl.errors import ConfigError
from mmavl.registry import MODELS
from mmavl.utils.autocast import full_precision


@MODELS.register_module()
class LogPSDSpectrogram(nn.Module):
    """Log power spectral density: ``log(psd + log_offset) / scale``, natural log.

    The density is that of ``scipy.signal.spectrogram(x, sample_rate, nperseg=n_fft,
    noverlap=n_fft - hop_length)`` with scipy's defaults: a Tukey window of shape 0.25, the mean of
    each segment taken off, one-sided, and no padding. A short-time Fourier transform with a Hann
    window is not equal to it. It computes in float32 under autocast too.

    Args:
        sample_rate (int): Of the waveforms, in Hz. Defaults to 16000.
        n_fft (int): Length of a segment in samples. Defaults to 512.
        hop_length (int): From one segment to the next in samples. Defaults to 238, an overlap of
            274: 200 segments in 3 s. SSLalignment has 159, 299 segments.
        log_offset (float): Added before the logarithm. Defaults to 1e-7.
        scale (float): Divides the logarithm. Defaults to 12.
        frequency_first (bool): Give [N, 1, F, T], as the published networks take it, and not
            [N, 1, T, F]. Defaults to True.

    Shape:
        - input: [N, L], L at least ``n_fft``
        - output: [N, 1, n_fft // 2 + 1, 1 + (L - n_fft) // hop_length]

    Source: the published code of EZ-VSL, SLAVC, FNAC, AVGN, LVS, SSLalignment and NoPrior.
    """

    window: Tensor
    density: Tensor

    def __init__(
        self,
        sample_rate: int = 16000,
        n_fft: int = 512,
        hop_length: int = 238,
        log_offset: float = 1e-7,
        scale: float = 12.0,
        frequency_first: bool = True,
    ) -> None:
        super().__init__()
        if not 0 < hop_length <= n_fft:
            raise ValueError(f'hop_length={hop_length} is not from 1 to n_fft={n_fft}')
        self.sample_rate = sample_rate
        self.n_fft = n_fft
        self.hop_length = hop_length
        self.log_offset = log_offset
        self.scale = scale
        self.frequency_first = frequency_first
        window = tukey(n_fft, 0.25)
        full = 2 / (sample_rate * window.square().sum().item())
        density = torch.full((n_fft // 2 + 1,), full)
        density[0] /= 2
        if n_fft % 2 == 0:
            density[-1] /= 2  # half the sample rate is there once, as 0 Hz is
        self.register_buffer('window', window.float(), persistent=False)
        self.register_buffer('density', density.float(), persistent=False)

    def forward(self, waveform: Tensor) -> Tensor:
        """Compute the spectrogram.

        Raises:
            ConfigError: The waveform is shorter than a segment.
        """
        if waveform.shape[-1] < self.n_fft:
            raise ConfigError(
                f'a waveform of {waveform.shape[-1]} samples is shorter than n_fft={self.n_fft}: '
                'use longer sounds'
            )
        with full_precision(waveform.device):
            segments = waveform.float().unfold(-1, self.n_fft, self.hop_length)
            segments = (segments - segments.mean(-1, keepdim=True)) * self.window
            power = torch.fft.rfft(segments).abs().square() * self.density
            result = ((power + self.log_offset).log() / self.scale)[:, None]
        return result.mT if self.frequency_first else result


def tukey(length: int, shape: float) -> Tensor:
    """The periodic Tukey window, float64 [length]: a cosine of ``shape / 2`` at either end."""
    place = torch.arange(length, dtype=torch.float64)
    edge = torch.minimum(place, length - place) / (shape * length / 2)
    return torch.where(edge < 1, 0.5 * (1 - (math.pi * edge).cos()), 1.0)
