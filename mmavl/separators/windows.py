"""Recordings of any length in windows, and seamless joining of estimates."""

import math
from collections.abc import Iterable, Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from mmavl.errors import DataError

from .signal import resample

#: Overlap of successive windows, over which they are cross-faded, relative to their length.
FADE = 0.25


class Recording:
    """A mixture in windows.

    Windows are evenly spaced, from the start to the end. Neighbours overlap by at least
    ``fade`` of a window. A sound shorter than a window is padded with silence.

    Args:
        waveform (Tensor): [L], or [C, L], whose channels are averaged.
        sample_rate (int): Its sample rate in Hz.
        model_rate (int): The rate for separation in Hz.
        window (int, optional): Samples of a window at ``model_rate``. Defaults to None: all.
        fade (float): In (0, 1/3]. Defaults to a quarter.

    Attributes:
        mono (Tensor): float32 [L], at ``sample_rate``.
        mixture (Tensor): The same at ``model_rate``.
        window (int): Samples of each window.
        starts (list[int]): First sample of each window, at ``model_rate``.

    Raises:
        DataError: The waveform is empty or has values that are not finite.
        ValueError: It has another shape or type, or ``fade`` is out of range.
    """

    def __init__(
        self,
        waveform: Tensor,
        sample_rate: int,
        model_rate: int,
        window: int | None = None,
        fade: float = FADE,
    ) -> None:
        if sample_rate < 1:
            raise ValueError(f'sample_rate={sample_rate} must be above 0')
        self.mono = _mono(waveform)
        self.sample_rate, self.model_rate = sample_rate, model_rate
        self.mixture = resample(self.mono, sample_rate, model_rate)
        self.window = window or len(self.mixture)
        self.fade = fade
        self._at: dict[int, Tensor] = {model_rate: self.mixture}
        self.starts = window_starts(max(len(self.mixture), self.window), self.window, fade)

    def windows(self, starts: Sequence[int], rate: int | None = None) -> Tensor:
        """Windows by their first samples at ``model_rate``.

        Args:
            starts (Sequence[int]): Some of :attr:`starts`.
            rate (int, optional): Sample rate of the result in Hz. Defaults to ``model_rate``.

        Returns:
            Tensor: [len(starts), window * rate / model_rate].
        """
        rate = rate or self.model_rate
        if rate not in self._at:
            self._at[rate] = resample(self.mono, self.sample_rate, rate)
        ratio = rate / self.model_rate
        begins = [round(start * ratio) for start in starts]
        return cut(self._at[rate], begins, round(self.window * ratio))

    def join(self, parts: Iterable[Tensor]) -> Tensor:
        """Join estimates of all windows.

        Neighbours are cross-faded in the middle of their overlap by raised cosines, ``sin ** 2``
        and ``cos ** 2``, which add up to one: equal parts are unchanged, and there are no jumps.

        Args:
            parts (Iterable[Tensor]): The estimates of each window in order, [n, window].

        Returns:
            Tensor: float32 [n, L], at the recording's rate.
        """
        weights = cross_fades(self.starts, self.window, self.fade).to(self.mixture)
        joined: Tensor | None = None
        for start, weight, part in zip(self.starts, weights, parts, strict=True):
            if joined is None:
                length = self.starts[-1] + self.window
                joined = self.mixture.new_zeros(len(part), length)
            joined[:, start : start + self.window] += weight * part
        assert joined is not None  # there is at least one window
        sources = resample(joined[:, : len(self.mixture)], self.model_rate, self.sample_rate)
        # resampling twice can change the length by a sample
        return F.pad(sources, (0, len(self.mono) - sources.shape[-1]))


def cut(wave: Tensor, starts: Sequence[int], size: int) -> Tensor:
    """Parts of a wave, [len(starts), size], padded with silence."""
    parts = [wave[start : start + size] for start in starts]
    return torch.stack([F.pad(part, (0, size - len(part))) for part in parts])


def window_starts(length: int, window: int, fade: float = FADE) -> list[int]:
    """First samples of evenly spaced windows that cover a sound, as few as the overlap allows.

    Args:
        length (int): Length of the sound, at least ``window``.
        window (int): Length of each window.
        fade (float): Minimum overlap of successive windows relative to their length.

    Returns:
        list[int]: Ascending, from 0 to ``length - window``.

    Raises:
        ValueError: ``fade`` is not in (0, 1/3]: above it, three windows would overlap.
    """
    if not 0 < fade <= 1 / 3:
        raise ValueError(f'fade={fade} is not in (0, 1/3]')
    steps = math.ceil((length - window) / (window - round(fade * window)))
    return [round(step * (length - window) / max(steps, 1)) for step in range(steps + 1)]


def cross_fades(starts: Sequence[int], window: int, fade: float = FADE) -> Tensor:
    """The weight of each window's samples; at each sample of the sound they add up to one.

    Args:
        starts (Sequence[int]): From :func:`window_starts`.
        window (int): Length of each window.
        fade (float): See :func:`window_starts`.

    Returns:
        Tensor: float64 [len(starts), window].
    """
    size = round(fade * window)
    weights = torch.ones(len(starts), window, dtype=torch.float64)
    for number in range(1, len(starts)):
        apart = starts[number] - starts[number - 1]
        begin = (window - apart - size) // 2  # the middle of the window - apart shared samples
        place = (torch.arange(window - apart, dtype=torch.float64) + 0.5 - begin) / max(size, 1)
        rise = torch.sin(torch.pi / 2 * place.clamp(0, 1)).square()
        weights[number, : window - apart] *= rise
        weights[number - 1, apart:] *= 1 - rise
    return weights


def _mono(waveform: Tensor) -> Tensor:
    if waveform.ndim not in (1, 2) or not waveform.is_floating_point():
        raise ValueError(
            f'the waveform is {waveform.dtype} {list(waveform.shape)}, not float [L] or [C, L]'
        )
    if not waveform.numel():
        raise DataError('the waveform is empty')
    bad = ~torch.isfinite(waveform if waveform.ndim == 1 else waveform.sum(0))
    if bad.any():
        first = int(bad.nonzero()[0])
        raise DataError(f'the waveform has nan or inf values, first at sample {first}')
    return (waveform if waveform.ndim == 1 else waveform.mean(0)).float()
