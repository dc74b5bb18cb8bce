"""What a separator gets beside each window of a long sound."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from ..data_preprocessors import SeparationDataPreprocessor
from .base_separator import BaseSeparator
from .signal import resample

# Frames that go through a backbone at once.
_FRAMES = 16


def cut(wave: Tensor, starts: Sequence[int], size: int) -> Tensor:
    """Parts of a wave, [len(starts), size], with silence beyond its end."""
    parts = [wave[start : start + size] for start in starts]
    return torch.stack([F.pad(part, (0, size - len(part))) for part in parts])


class Sources:
    """What the model is told of each source, the same in every window.

    Args:
        labels (Sequence[int]): As for :func:`~mmavl.models.separators.separate_waveform`.
        boxes (Tensor, optional): As there.
        device (torch.device): The model's.
    """

    def __init__(self, labels: Sequence[int], boxes: Tensor | None, device: torch.device) -> None:
        if not len(labels):
            raise ValueError('labels is empty: name the class of each source')
        if min(labels) < 0:
            raise ValueError(f'labels {list(labels)} are below 0')
        if boxes is not None and boxes.shape != (len(labels), 4):
            raise ValueError(f'boxes are {list(boxes.shape)}, not [{len(labels)}, 4]')
        self.labels = torch.as_tensor(labels, dtype=torch.long, device=device)
        self.boxes = None if boxes is None else boxes.to(device, torch.float32)

    def inputs(self, windows: int) -> dict[str, Tensor]:
        """For so many windows, in the order of windows, then sources."""
        labels = self.labels.repeat(windows)
        numbers = torch.arange(len(labels), device=labels.device)
        inputs = {'index': numbers // len(self.labels), 'labels': labels}
        if self.boxes is not None:
            boxes = self.boxes.repeat(windows, 1)
            inputs |= {'object_labels': labels, 'object_owners': numbers, 'object_boxes': boxes}
        return inputs


class Spectrograms:
    """What the model's localizer hears of each window; nothing, where there is none.

    Args:
        preprocessor (SeparationDataPreprocessor): The model's.
        waveform (Tensor): The mixture, [L].
        rate (int): Its rate, in Hz.
        window (int): Of each window, at the preprocessor's rate.
    """

    def __init__(
        self, preprocessor: SeparationDataPreprocessor, waveform: Tensor, rate: int, window: int
    ) -> None:
        self.spectrogram = preprocessor.spectrogram
        if self.spectrogram is None:
            return
        self.ratio = self.spectrogram.sample_rate / preprocessor.sample_rate
        self.size = round(window * self.ratio)
        self.waveform = resample(waveform, rate, self.spectrogram.sample_rate)

    def inputs(self, starts: Sequence[int]) -> dict[str, Tensor]:
        """For the windows that start there, at the preprocessor's rate."""
        if self.spectrogram is None:
            return {}
        begins = [round(start * self.ratio) for start in starts]
        return {'spectrogram': self.spectrogram(cut(self.waveform, begins, self.size))}


class Frames:
    """What the model sees beside each window; every frame goes through its backbone once.

    Args:
        model (BaseSeparator): With ``visual_backbone``, where it takes ``image_features``.
        frames (Tensor, optional): As for :func:`~mmavl.models.separators.separate_waveform`.
        sources (int): n.
        windows (int): How many there are in all.
    """

    def __init__(
        self, model: BaseSeparator, frames: Tensor | None, sources: int, windows: int
    ) -> None:
        self.frames = frames
        backbone = getattr(model, 'visual_backbone', None)
        if frames is None:
            if backbone is not None:
                raise ValueError(f'{type(model).__name__} looks at frames, and was given none')
            return
        if not 3 <= frames.ndim <= 5 or frames.shape[-3] != 3 or not frames.numel():
            raise ValueError(
                f'frames are {list(frames.shape)}, not [3, H, W], [T, 3, H, W] or [n, T, 3, H, W]'
            )
        if not torch.isfinite(frames).all():
            raise ValueError('frames hold values that are nan or inf')
        if frames.ndim == 5 and len(frames) != sources:
            raise ValueError(f'frames of {len(frames)} sources, but {sources} labels')
        times = frames.shape[-4] if frames.ndim > 3 else 1
        nearest = [(2 * window + 1) * times // (2 * windows) for window in range(windows)]
        own = torch.arange(sources) * times if frames.ndim == 5 else torch.zeros(sources).long()
        used, which = (torch.tensor(nearest)[:, None] + own).unique(return_inverse=True)
        self.which = which  # [windows, n]
        preprocessor = model.data_preprocessor
        self.name = 'image' if backbone is None else 'image_features'
        parts = []
        for chosen in frames.reshape(-1, *frames.shape[-3:])[used].split(_FRAMES):
            images = chosen.to(preprocessor.device).float()
            images = (images - preprocessor.mean) / preprocessor.std
            parts.append(images if backbone is None else backbone(images))
        if isinstance(parts[0], Tensor):
            self.values = torch.cat(parts)
        else:
            self.values = tuple(torch.cat(levels) for levels in zip(*parts))

    def inputs(self, first: int, count: int) -> dict[str, Tensor]:
        """Those of some windows, in the order of windows, then sources."""
        if self.frames is None:
            return {}
        which = self.which[first : first + count].flatten()
        if isinstance(self.values, Tensor):
            return {self.name: self.values[which]}
        return {self.name: tuple(level[which] for level in self.values)}
