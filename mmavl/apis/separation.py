"""The result of separating one clip's sound."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mmavl.visualization.media import LONGEST, encode_flac

from .clips import Clip
from .result import Result, players_html

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: Schema of the JSON files; docs/inference.md describes it.
FORMAT = 'mmavl.separation/2'


@dataclass(frozen=True, eq=False, repr=False)
class Separation(Result):
    """The sources of one clip's sound.

    It can be shown, plotted and converted, see :class:`.result.Result`.

    Attributes:
        name (str): The clip's name.
        sample_rate (int): Sample rate of the sources in Hz, that of the clip's sound.
        model_rate (int): The rate of separation; sources have no frequencies above half of it.
        sources (dict): By class, by given name, or 'source 1' and so on; float32
            arrays [L], with the length of the clip's sound.
        audio_probs (dict[str, float]): Maximum probability of each class over the windows; empty
            for a model without a localizer.
        clip (Clip, optional): The origin of the sound.
        whole (bool): Whether the only source is the mixture itself. Defaults to False.
    """

    name: str
    sample_rate: int
    model_rate: int
    sources: dict[str, Any]
    audio_probs: dict[str, float]
    clip: Clip | None = None
    whole: bool = False

    @property
    def note(self) -> str:
        """One line if nothing was separated; else ''."""
        if not self.whole:
            return ''
        name = ', '.join(self.sources)
        return f'only {name} was separated, and gets the whole mixture: add other sounds to labels'

    @property
    def seconds(self) -> float:
        """The length of the sound."""
        return max((len(wave) for wave in self.sources.values()), default=0) / self.sample_rate

    def summary(self) -> str:
        """E.g. '10.0 s separated into Violin, Piano'."""
        names = ', '.join(self.sources) or 'no sources'
        return f'{self.seconds:.1f} s separated into {names}' + (self.note and f' ({self.note})')

    def rows(self) -> list[dict[str, Any]]:
        """A row for each source; ``rms`` is its root mean square, where 1 is full scale."""
        return [
            {
                'name': self.name,
                'source': label,
                'audio_prob': self.audio_probs.get(label),
                'seconds': len(wave) / self.sample_rate,
                'rms': float(np.sqrt(np.mean(np.square(wave, dtype=np.float64)))),
            }
            for label, wave in self.sources.items()
        ]

    def media_html(self) -> str:
        """A player for each source, at most its first minute; all with the same gain."""
        count = round(LONGEST * self.sample_rate)
        waves = {label: np.asarray(wave)[:count] for label, wave in self.sources.items()}
        gain = 1 / max([1.0, *(float(np.abs(wave).max(initial=0)) for wave in waves.values())])
        return players_html(
            [(k, encode_flac(wave * gain, self.sample_rate)) for k, wave in waves.items()]
        )

    def draw_on(self, figure: 'Figure') -> None:
        """The waveform of each source, all on one scale."""
        count = max(len(self.sources), 1)
        figure.set_size_inches(7.0, 0.8 + 1.2 * count)
        all_axes = figure.subplots(count, sharex=True, sharey=True, squeeze=False)[:, 0]
        for axes, (label, wave) in zip(all_axes, self.sources.items()):
            axes.plot(np.arange(len(wave)) / self.sample_rate, wave, linewidth=0.5)
            axes.set_title(label.replace('_', ' '), loc='left', parse_math=False)
            axes.margins(x=0)
        all_axes[-1].set_xlabel('time (s)')
        figure.suptitle(self.name, parse_math=False)

    def to_dict(self) -> dict[str, Any]:
        """As plain data for JSON, without the waveforms."""
        return {
            'format': FORMAT,
            'name': self.name,
            'source': self.clip.source if self.clip else {},
            'sample_rate': self.sample_rate,
            'model_rate': self.model_rate,
            'samples': max((len(wave) for wave in self.sources.values()), default=0),
            **({'note': self.note} if self.note else {}),
            'tags': [
                {'label': label, 'audio_prob': round(score, 4)}
                for label, score in sorted(self.audio_probs.items(), key=lambda item: -item[1])
            ],
        }
