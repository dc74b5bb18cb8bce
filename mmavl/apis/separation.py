"""What a separator made of one clip's sound."""

from dataclasses import dataclass
from typing import Any

from .clips import Clip

#: Schema of the JSON files; docs/inference.md describes it.
FORMAT = 'mmavl.separation/2'


@dataclass(frozen=True, eq=False)
class Separation:
    """The sources of one clip's sound.

    Attributes:
        name (str): The clip's.
        sample_rate (int): Of the sources, in Hz: that of the clip's own sound.
        model_rate (int): At which they were separated: above half of it they hold nothing.
        sources (dict): By class, by the name they were given, or 'source 1' and so on; float32
            arrays [L], as long as the clip's own sound.
        audio_probs (dict[str, float]): Greatest probability of each class over the windows; empty
            for a model without a localizer.
        clip (Clip, optional): Where the sound comes from.
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
        """One line where nothing was separated; else ''."""
        if not self.whole:
            return ''
        name = ', '.join(self.sources)
        return f'only {name} is named, and gets the whole mixture: add what else sounds to labels'

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
