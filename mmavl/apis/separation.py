"""The result of separating one clip's sound."""

from dataclasses import dataclass
from typing import Any

from .clips import Clip

#: Schema of the JSON files; docs/inference.md describes it.
FORMAT = 'mmavl.separation/2'


@dataclass(frozen=True, eq=False)
class Separation:
    """The sources of one clip's sound.

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
