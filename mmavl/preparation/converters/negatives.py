"""Negatives of SLAVC's extended sets: a frame with a sound that nothing in it makes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import soundfile

from mmavl.preparation.published.vggsound import Pair
from mmavl.utils.files import atomic_write

from .cutting import ClipSpec
from .jobs import Place
from .media import Outcome, frame_paths
from .report import Report

SPLIT = 'test_extended'
_SILENCE = 'silence.wav'


def clip_entry(clip: str, outcome: Outcome, spec: ClipSpec) -> dict:
    """A manifest's entry of a clip with one frame, without tags and boxes."""
    return {
        'clip_id': clip,
        'audio': f'{outcome.key}.wav',
        'frames': frame_paths(outcome.key, 1, spec),
        'fps': 1,
        'duration': outcome.seconds,
    }


@dataclass
class Negatives:
    """Makes the entries of negatives: an empty list of boxes says that nothing sounds.

    Attributes:
        place (Place): Where silence is written.
        spec (ClipSpec): How clips are cut.
        outcomes (Mapping[str, Outcome]): By clip; clips without one were not converted.
        report (Report): Gets the pairs that are left out.
    """

    place: Place
    spec: ClipSpec
    outcomes: Mapping[str, Outcome]
    report: Report

    def entries(self, pairs: Iterable[Pair]) -> list[dict]:
        """The manifest's entries of the pairs whose frame and sound can be used."""
        return [entry for pair in pairs if (entry := self._entry(pair)) is not None]

    def _entry(self, pair: Pair) -> dict | None:
        clip = f'{pair.first}+{pair.second}'
        sound = self.outcomes.get(pair.second)
        silent = sound is not None and sound.cause == 'silent'
        frame = self._usable(clip, 'frame', self.outcomes.get(pair.first))
        if frame is None:
            return None
        timed = frame if silent else self._usable(clip, 'sound', sound)
        if timed is None:
            return None
        entry = clip_entry(clip, timed, self.spec)
        entry['frames'] = frame_paths(frame.key, 1, self.spec)
        if silent:
            entry.update(audio=self._silence(), duration=self.spec.seconds)
        return {**entry, 'tags': [], 'boxes': {'0': []}}

    def _usable(self, clip: str, part: str, outcome: Outcome | None) -> Outcome | None:
        if outcome is None or outcome.cause:
            detail = f'its {part}: {outcome.detail if outcome else "not converted"}'
            self.report.add(SPLIT, clip, outcome.cause if outcome else 'missing', detail)
            return None
        return outcome

    def _silence(self) -> str:
        """A file of silence for the pairs whose sound is silent."""
        path = self.place.out / _SILENCE
        if not path.is_file():
            with atomic_write(path, 'wb') as file:
                assert self.spec.seconds is not None  # of data sets of short clips
                wave = np.zeros(round(self.spec.seconds * self.spec.sample_rate))
                soundfile.write(file, wave, self.spec.sample_rate, format='WAV', subtype='PCM_16')
        return _SILENCE
