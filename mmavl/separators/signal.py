"""Signal processing of mix-and-separate: pure functions on batches, on any device.

A *magnitude* is the absolute value of a spectrum. A *warped* magnitude or mask has
logarithmic frequencies. All tensors may have any leading dimensions.

Source: H. Zhao et al., "The sound of pixels", ECCV 2018.
"""

import math

import torch
from torch import Tensor
from torchaudio import functional as AF

from mmavl.utils.autocast import full_precision

#: Rate in Hz, and samples of a training window: 256 frames, 5.94 s.
SAMPLE_RATE = 11025
WINDOW = 65535
N_FFT = 1022
HOP = 256

_BASE = 21.0
_FLOOR = 1e-10
#: Maximum ratio of a source's magnitude to the mixture's in a ratio mask.
RATIO_LIMIT = 5.0


def stft(waveform: Tensor, n_fft: int = N_FFT, hop: int = HOP) -> Tensor:
    """Short-time Fourier transform with a periodic Hann window.

    Frame t is centred on sample ``t * hop``, with zeros beyond the ends, as in librosa. It
    computes in at least float32, even under autocast.

    Args:
        waveform: [..., L].
        n_fft: Length of window and FFT. Defaults to 1022, which gives 512 bins.
        hop: Defaults to 256.

    Returns:
        complex [..., n_fft // 2 + 1, 1 + L // hop].
    """
    waveform = waveform if waveform.dtype == torch.float64 else waveform.float()
    spectrum = torch.stft(
        waveform.flatten(0, -2) if waveform.ndim > 1 else waveform[None],
        n_fft,
        hop,
        window=_hann(n_fft, waveform),
        center=True,
        pad_mode='constant',
        return_complex=True,
    )
    return spectrum.reshape(*waveform.shape[:-1], *spectrum.shape[-2:])


def istft(spectrum: Tensor, length: int, n_fft: int = N_FFT, hop: int = HOP) -> Tensor:
    """Inverse of :func:`stft`.

    Args:
        spectrum: complex [..., F, T].
        length: L, at most ``T * hop - 1 + hop``.
        n_fft: Defaults to 1022.
        hop: Defaults to 256.

    Returns:
        [..., length].
    """
    flat = spectrum.flatten(0, -3) if spectrum.ndim > 2 else spectrum[None]
    window = _hann(n_fft, flat.real)
    waveform = torch.istft(flat, n_fft, hop, window=window, center=True, length=length)
    return waveform.reshape(*spectrum.shape[:-2], length)


def resample(waveform: Tensor, rate: int, new_rate: int) -> Tensor:
    """Resample waveforms [..., L] from one rate in Hz to another, in full precision.

    Autocast would treat its convolution as a layer, and add audible noise.
    """
    with full_precision(waveform.device):
        return AF.resample(waveform, rate, new_rate)


def _hann(length: int, like: Tensor) -> Tensor:
    return torch.hann_window(length, dtype=like.dtype, device=like.device)


def warp(values: Tensor, rows: int = 256) -> Tensor:
    """Map linear frequencies [..., F, T] to a logarithmic scale [..., rows, T].

    Row y in [-1, 1] is read from position ``(21 ** ((y + 1) / 2) - 11) / 10`` in [-1, 1];
    bilinear, where -1 and 1 are the centres of the first and last rows (``align_corners=True``).
    """
    y = _axis(rows, values)
    return _resample(values, (_BASE ** ((y + 1) / 2) - 11) / 10)


def unwarp(values: Tensor, bins: int = N_FFT // 2 + 1) -> Tensor:
    """Map logarithmic frequencies [..., rows, T] back to linear ones [..., bins, T].

    Bin y in [-1, 1] is read from position ``2 ln(10 y + 11) / ln(21) - 1``; see :func:`warp`.
    """
    y = _axis(bins, values)
    return _resample(values, 2 * torch.log(10 * y + 11) / math.log(_BASE) - 1)


def _axis(size: int, like: Tensor) -> Tensor:
    # float64: in float32 the end of the axis could be outside it
    return torch.linspace(-1, 1, size, dtype=torch.float64, device=like.device)


def _resample(values: Tensor, places: Tensor) -> Tensor:
    """Read rows of [..., F, T] at positions [R] in [-1, 1] -> [..., R, T]."""
    last = values.shape[-2] - 1
    position = ((places + 1) / 2 * last).clamp(0, last)
    lower = position.floor().long().clamp_max(max(last - 1, 0))
    share = (position - lower).to(values.dtype)[:, None]
    upper = (lower + 1).clamp_max(last)
    return torch.lerp(values.index_select(-2, lower), values.index_select(-2, upper), share)


def log_magnitude(magnitude: Tensor) -> Tensor:
    """A network's input: ``log(magnitude + 1e-10)``."""
    return torch.log(magnitude + _FLOOR)


def binary_masks(sources: Tensor, mixture: Tensor) -> Tensor:
    """Where each source has more than half of the mixture's magnitude.

    Args:
        sources: Magnitudes [..., n, F, T].
        mixture: Magnitude [..., F, T].

    Returns:
        0 or 1, [..., n, F, T].
    """
    return (sources > 0.5 * mixture.unsqueeze(-3)).to(sources.dtype)


def ratio_masks(sources: Tensor, mixture: Tensor) -> Tensor:
    """The share of each source in the mixture's magnitude, clamped to [0, 5].

    Where the mixture is silent, the share is 0 / 1e-10, or at most 5: never nan.

    Args:
        sources: Magnitudes [..., n, F, T].
        mixture: Magnitude [..., F, T].

    Returns:
        [..., n, F, T].
    """
    return (sources / mixture.unsqueeze(-3).clamp_min(_FLOOR)).clamp(0, RATIO_LIMIT)


def loss_weights(mixture: Tensor) -> Tensor:
    """The weight of each cell: ``log1p(mixture)``, clamped to [1e-3, 10]."""
    return torch.log1p(mixture).clamp(1e-3, 10)


def reconstruct(
    masks: Tensor, mixture: Tensor, length: int, n_fft: int = N_FFT, hop: int = HOP
) -> Tensor:
    """Waveforms of masked magnitudes with the mixture's phase.

    Args:
        masks: On linear frequencies, [..., n, F, T].
        mixture: The mixture's spectrum, complex [..., F, T].
        length: L.
        n_fft: Defaults to 1022.
        hop: Defaults to 256.

    Returns:
        [..., n, L].
    """
    return istft(masks.to(mixture.real.dtype) * mixture.unsqueeze(-3), length, n_fft, hop)


def ideal_estimates(sources: Tensor, kind: str, warped: bool = True) -> Tensor:
    """Estimates with the ideal mask: the upper bound of masking.

    Args:
        sources: Waveforms whose sum is the mixture, [..., n, L].
        kind: 'binary' or 'ratio'.
        warped: Whether the mask is mapped to the logarithmic scale and back, like a network's.
            Defaults to True.

    Returns:
        Waveforms [..., n, L].
    """
    spectra = stft(sources)
    mixture = stft(sources.sum(-2))
    make = {'binary': binary_masks, 'ratio': ratio_masks}[kind]
    if not warped:
        return reconstruct(make(spectra.abs(), mixture.abs()), mixture, sources.shape[-1])
    masks = unwarp(make(warp(spectra.abs()), warp(mixture.abs())))
    return reconstruct(masks, mixture, sources.shape[-1])
