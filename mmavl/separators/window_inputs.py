"""Further inputs of a separator for each window of a recording."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from mmavl.models.data_preprocessors import AVDataPreprocessor

# Maximum frames in a backbone batch.
_FRAMES = 16


class SourceInputs:
    """The labels and boxes of the sources, the same in all windows.

    Args:
        labels (Sequence[int]): Class of each of the n sources.
        boxes (Tensor, optional): Boxes of their objects, xyxy in [0, 1], [n, 4].
        device (torch.device): The model's.

    Raises:
        ValueError: There are no labels, one is below 0, or boxes have another shape.
    """

    def __init__(self, labels: Sequence[int], boxes: Tensor | None, device: torch.device) -> None:
        if not len(labels):
            raise ValueError('labels is empty: give the class of each source')
        if min(labels) < 0:
            raise ValueError(f'labels {list(labels)} must not be below 0')
        if boxes is not None and boxes.shape != (len(labels), 4):
            raise ValueError(f'boxes are {list(boxes.shape)}, not [{len(labels)}, 4]')
        self.labels = torch.as_tensor(labels, dtype=torch.long, device=device)
        self.boxes = None if boxes is None else boxes.to(device, torch.float32)

    def of_windows(self, count: int) -> dict[str, Tensor]:
        """The inputs of a number of windows, ordered by windows, then sources."""
        labels = self.labels.repeat(count)
        numbers = torch.arange(len(labels), device=labels.device)
        inputs = {'index': numbers // len(self.labels), 'labels': labels}
        if self.boxes is not None:
            boxes = self.boxes.repeat(count, 1)
            inputs |= {'object_labels': labels, 'object_owners': numbers, 'object_boxes': boxes}
        return inputs


class FrameInputs:
    """The frames of each window: those nearest to its centre.

    Args:
        preprocessor (AVDataPreprocessor): The model's, with the mean and deviation of pixels.
        frames (Tensor): RGB in 0-255, [3, H, W], [T, 3, H, W], or [n, T, 3, H, W] with
            separate frames for each source.
        sources (int): Number of sources, n.
        windows (int): Total number of windows.
        backbone (nn.Module, optional): Each frame passes it once, and its features replace
            the images. Defaults to None.

    Raises:
        ValueError: Frames have another shape or number, or are not finite.
    """

    def __init__(
        self,
        preprocessor: AVDataPreprocessor,
        frames: Tensor,
        sources: int,
        windows: int,
        backbone: nn.Module | None = None,
    ) -> None:
        check_frames(frames, sources)
        self.preprocessor = preprocessor
        times = frames.shape[-4] if frames.ndim > 3 else 1
        nearest = [(2 * window + 1) * times // (2 * windows) for window in range(windows)]
        begins = torch.arange(sources) * times * (frames.ndim == 5)
        used, self.which = (torch.tensor(nearest)[:, None] + begins).unique(return_inverse=True)
        self.frames = frames.reshape(-1, *frames.shape[-3:])[used]
        self.features: list[Tensor] | None = None  # level by level
        if backbone is not None:
            parts = [backbone(self._images(some)) for some in self.frames.split(_FRAMES)]
            self.single = isinstance(parts[0], Tensor)
            levels = [parts] if self.single else zip(*parts)
            self.features = [torch.cat(level) for level in levels]

    def of_windows(self, first: int, count: int) -> dict[str, Tensor | tuple[Tensor, ...]]:
        """The inputs of some windows, ordered by windows, then sources."""
        which = self.which[first : first + count].flatten()
        if self.features is None:
            return {'image': self._images(self.frames[which])}
        levels = tuple(level[which] for level in self.features)
        return {'image_features': levels[0] if self.single else levels}

    def _images(self, frames: Tensor) -> Tensor:
        preprocessor = self.preprocessor
        return (frames.to(preprocessor.device).float() - preprocessor.mean) / preprocessor.std


def check_frames(frames: Tensor, sources: int) -> None:
    """Check frames, see :class:`FrameInputs`.

    Raises:
        ValueError: They have another shape or number, or are not finite.
    """
    if not 3 <= frames.ndim <= 5 or frames.shape[-3] != 3 or not frames.numel():
        raise ValueError(
            f'frames are {list(frames.shape)}, not [3, H, W], [T, 3, H, W] or [n, T, 3, H, W]'
        )
    if not torch.isfinite(frames).all():
        raise ValueError('frames have nan or inf values')
    if frames.ndim == 5 and len(frames) != sources:
        raise ValueError(f'frames of {len(frames)} sources, but {sources} labels')
