"""Sounds of any length, separated window by window and joined without seams."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from mmavl.errors import DataError

from .base_separator import BaseSeparator
from .signal import resample
from .window_inputs import Frames, Sources, Spectrograms, cut

#: Share of a window over which it is cross-faded with the next one.
FADE = 0.25


@torch.no_grad()
def separate_waveform(
    model: BaseSeparator,
    waveform: Tensor,
    frames: Tensor | None,
    labels: Sequence[int],
    sample_rate: int | None = None,
    fade: float = FADE,
    batch_size: int = 4,
    boxes: Tensor | None = None,
) -> Tensor:
    """Take a recording of any length apart.

    A model with a ``window`` separates windows of that length, as in its training; one without
    gets the whole sound at once. Windows lie evenly, the first at the beginning and the last at
    the end. Neighbours overlap by ``fade`` of a window at least, and are cross-faded in the middle
    of what they share by raised cosines, ``sin ** 2`` and ``cos ** 2``, which add up to one: what
    is equal in both passes unchanged, and nothing jumps. A sound shorter than a window gets
    silence behind it, which is cut off again.

    A silent sound gives silent sources. Samples beyond [-1, 1] are taken as they are.

    Args:
        model (BaseSeparator): In evaluation mode, with its :class:`SeparationDataPreprocessor`.
        waveform (Tensor): The mixture, [L], or [C, L], whose channels are averaged.
        frames (Tensor, optional): RGB in 0-255, of the size that the model was trained with:
            [3, H, W], one frame for the whole sound and all sources; [T, 3, H, W], spread evenly
            over the sound, of which a window takes the one nearest to its centre; or
            [n, T, 3, H, W], each source's own. None for models that do not look.
        labels (Sequence[int]): Class of each of the n sources.
        sample_rate (int, optional): Of the waveform, in Hz. Separation itself takes place at
            the preprocessor's rate, which bounds the frequencies of the sources. Defaults to it.
        fade (float): In (0, 1/3]. Defaults to a quarter.
        batch_size (int): Windows that are separated at once. Defaults to 4.
        boxes (Tensor, optional): Where in its frames each source's object is, xyxy in [0, 1],
            [n, 4], for :class:`CoSeparation`. Defaults to the whole frame.

    Returns:
        Tensor: The sources, float32 [n, L], finite, at the waveform's rate, on the model's device.

    Raises:
        DataError: The waveform is empty or holds values that are not finite.
        ValueError: The model is in training mode, there is no label, or another argument is out
            of its range or of the wrong shape.
    """
    if model.training:
        raise ValueError('the model is in training mode: call its eval() first')
    preprocessor = model.data_preprocessor
    mono = _mono(waveform).to(preprocessor.device)
    rate = preprocessor.sample_rate if sample_rate is None else sample_rate
    if rate < 1 or batch_size < 1:
        raise ValueError(f'sample_rate={rate} and batch_size={batch_size} must be above 0')
    mixture = resample(mono, rate, preprocessor.sample_rate)
    window = model.window or len(mixture)
    length = max(len(mixture), window)
    starts = window_starts(length, window, fade)
    weights = cross_fades(starts, window, fade).to(mixture)
    told = Sources(labels, boxes, mixture.device)
    seen = Frames(model, frames, len(labels), len(starts))
    heard = Spectrograms(preprocessor, mono, rate, window)

    out = mixture.new_zeros(len(labels), length)
    for first in range(0, len(starts), batch_size):
        chosen = starts[first : first + batch_size]
        inputs = {
            'mixture': cut(mixture, chosen, window),
            **told.inputs(len(chosen)),
            **seen.inputs(first, len(chosen)),
            **heard.inputs(chosen),
        }
        parts = model.separate(inputs).unflatten(0, (len(chosen), -1))
        for start, weight, part in zip(chosen, weights[first:], parts):
            out[:, start : start + window] += weight * part
    sources = resample(out[:, : len(mixture)], preprocessor.sample_rate, rate)
    # resampling there and back can end a sample early or late
    return F.pad(sources, (0, len(mono) - sources.shape[-1]))


def window_spans(
    model: BaseSeparator, length: int, sample_rate: int, fade: float = FADE
) -> list[tuple[float, float]]:
    """What :func:`separate_waveform` makes windows of; as many frames fall to one each.

    Args:
        model (BaseSeparator): The separator.
        length (int): Samples of the sound.
        sample_rate (int): Of the sound, in Hz.
        fade (float): As there.

    Returns:
        list[tuple[float, float]]: First and last second of each window, inside the sound.
    """
    rate = model.data_preprocessor.sample_rate
    resampled = math.ceil(length * rate / sample_rate)
    window = model.window or resampled
    starts = window_starts(max(resampled, window), window, fade)
    return [(start / rate, min((start + window) / rate, length / sample_rate)) for start in starts]


def window_starts(length: int, window: int, fade: float = FADE) -> list[int]:
    """First samples of evenly spread windows that cover a sound, as few as the fade allows.

    Args:
        length (int): Of the sound, at least ``window``.
        window (int): Of each window.
        fade (float): Least share of a window that it has in common with the next one.

    Returns:
        list[int]: Ascending, from 0 to ``length - window``.

    Raises:
        ValueError: ``fade`` is not in (0, 1/3]: above it three windows would meet.
    """
    if not 0 < fade <= 1 / 3:
        raise ValueError(f'fade={fade} is not in (0, 1/3]')
    steps = math.ceil((length - window) / (window - round(fade * window)))
    return [round(step * (length - window) / max(steps, 1)) for step in range(steps + 1)]


def cross_fades(starts: Sequence[int], window: int, fade: float = FADE) -> Tensor:
    """How much of each window's samples is heard; at each sample of the sound it adds up to one.

    Args:
        starts (Sequence[int]): What :func:`window_starts` gave.
        window (int): Of each window.
        fade (float): As there.

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
        raise DataError(f'the waveform holds values that are nan or inf, first at sample {first}')
    return (waveform if waveform.ndim == 1 else waveform.mean(0)).float()
