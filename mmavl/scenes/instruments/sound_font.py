"""Rendering notes with the presets of a sound font."""

import numpy as np
import tinysoundfont

from mmavl.scenes.instruments.phrases import Note
from mmavl.scenes.waves import SAMPLE_RATE


class SoundFont:
    """Renders notes with the presets of a sound font.

    Args:
        path: An sf2 or sf3 file.
    """

    def __init__(self, path: str) -> None:
        self._synth = tinysoundfont.Synth(samplerate=SAMPLE_RATE)
        self._id = self._synth.sfload(path)

    def render(
        self, notes: list[Note], program: int, seconds: float, percussion: bool = False
    ) -> np.ndarray:
        """Render notes to float32 [seconds * SAMPLE_RATE], independent of previous calls."""
        channel = 9 if percussion else 0
        self._synth.sounds_off()
        self._synth.generate(2048)  # lets stopped voices end
        self._synth.program_select(channel, self._id, 0, program, percussion)
        events = sorted(
            (round(time * SAMPLE_RATE), velocity, pitch)
            for note in notes
            for pitch in note.pitches
            for time, velocity in ((note.start, note.velocity), (note.start + note.length, 0))
        )
        total = round(seconds * SAMPLE_RATE)
        parts, position = [np.zeros(0, np.float32)], 0
        for time, velocity, pitch in events:
            if time >= total:
                break
            if time > position:
                parts.append(self._generate(time - position))
                position = time
            if velocity:
                self._synth.noteon(channel, pitch, velocity)
            else:
                self._synth.noteoff(channel, pitch)
        parts.append(self._generate(total - position))
        return np.concatenate(parts)

    def _generate(self, samples: int) -> np.ndarray:
        stereo = np.frombuffer(bytes(self._synth.generate(samples)), np.float32)
        return stereo.reshape(-1, 2).mean(1)
