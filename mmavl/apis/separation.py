"""What a separator made of one clip's sound, and how it is put together from windows."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from .clips import Clip

#: Schema of the JSON files; docs/inference.md describes it.
FORMAT = 'mmavl.separation/1'


@dataclass(frozen=True, eq=False)
class Separation:
    """The sources of one clip's sound.

    Attributes:
        name (str): The clip's.
        sample_rate (int): Of the sources, in Hz: that of the clip's own sound.
        model_rate (int): At which they were separated: above half of it they hold nothing.
        sources (dict): By class, or 'source 1' and so on; float32 arrays [L], as long as the
            clip's own sound.
        heard (dict[str, float]): Greatest probability of each class over the windows; empty for a
            model without a localizer.
        clip (Clip, optional): Where the sound comes from.
    """

    name: str
    sample_rate: int
    model_rate: int
    sources: dict[str, Any]
    heard: dict[str, float]
    clip: Clip | None = None

    def to_dict(self) -> dict[str, Any]:
        """As plain data for JSON, without the waveforms."""
        return {
            'format': FORMAT,
            'name': self.name,
            'source': self.clip.source if self.clip else {},
            'sample_rate': self.sample_rate,
            'model_rate': self.model_rate,
            'samples': max((len(wave) for wave in self.sources.values()), default=0),
            'tags': [
                {'label': label, 'heard': round(score, 4)}
                for label, score in sorted(self.heard.items(), key=lambda item: -item[1])
            ],
        }


def overlap_add(
    separate: Callable[[int, int], Tensor], length: int, window: int, hop: int
) -> Tensor:
    """Put the sources of overlapping windows together.

    Args:
        separate: Gives the sources [n, stop - start] of samples ``start`` to ``stop``.
        length (int): Samples of the whole.
        window (int): Samples of a window; the last one may be shorter.
        hop (int): Samples from one window's beginning to the next one's, at most ``window``.

    Returns:
        Tensor: [n, length]. Where windows overlap each weighs by how far a sample is from its ends
        (a triangle), so that there is no step at them.
    """
    if not 0 < hop <= window:
        raise ValueError(f'hop={hop} is not from 1 to window={window}')
    ramp = torch.arange(1, window + 1, dtype=torch.float32)
    triangle = torch.minimum(ramp, ramp.flip(0))
    total, weights = None, torch.zeros(length)
    for start in range(0, max(length - window + hop, 1), hop):
        stop = min(start + window, length)
        part = separate(start, stop)
        weight = triangle[: stop - start].to(part)
        total = part.new_zeros(len(part), length) if total is None else total
        total[:, start:stop] += part * weight
        weights[start:stop] += weight.to(weights)
    return total / weights.to(total)
