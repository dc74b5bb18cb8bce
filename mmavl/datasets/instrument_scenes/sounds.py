"""The sounds of InstrumentScenes: rendered presets, recorded notes, recorded phrases."""

import io
import re
from collections.abc import Callable
from functools import lru_cache

import numpy as np
import soundfile
import soxr
import tinysoundfont

from mmavl.datasets.instrument_scenes.phrases import (
    DRUM_KEYS,
    DRUM_PROGRAMS,
    IDIOMS,
    Idiom,
    Note,
    melody,
    rhythm,
)
from mmavl.datasets.instrument_scenes.rcc import read_rcc
from mmavl.datasets.instrument_scenes.sources import Materials
from mmavl.errors import DataError

SAMPLE_RATE = 22050

#: A voice draws a phrase of so many seconds: float32 [seconds * SAMPLE_RATE], any level.
Voice = Callable[[np.random.Generator, float], np.ndarray]

_FLUID = ('fluidr3mono-gm-soundfont', 'usr/share/fluidr3mono-gm-soundfont/FluidR3Mono_GM.sf3')
_MUSESCORE = (
    'musescore-general-soundfont-small',
    'usr/share/sounds/sf3/MuseScore_General_Lite.sf3',
)
_TIMGM = ('timgm6mb-soundfont', 'usr/share/sounds/sf2/TimGM6mb.sf2')

#: Class -> npm packages of single recorded notes (tonejs-instrument-<name>-mp3).
RECORDED_NOTES = {
    'Cello': ('cello',),
    'Guitar': ('guitar-acoustic', 'guitar-electric', 'guitar-nylon'),
    'Harp': ('harp',),
    'Piano': ('piano',),
    'Saxophone': ('saxophone',),
    'Trombone': ('trombone',),
    'Trumpet': ('trumpet',),
    'Violin': ('violin',),
    'Flute': ('flute',),
    'Horn': ('french-horn',),
}

#: Class -> GCompris' recordings, for test_shift only. There is none of an oboe; drum_kit.ogg has
#: a non-free licence and is left out.
RECORDINGS = {
    'Banjo': ('banjo',),
    'Cello': ('cello',),
    'Drum': ('snare_drum', 'timpani', 'bongo'),
    'Guitar': ('guitar', 'electric_guitar'),
    'Harp': ('harp',),
    'Harmonica': ('harmonica',),
    'Piano': ('piano',),
    'Saxophone': ('saxophone',),
    'Trombone': ('trombone',),
    'Trumpet': ('trumpet',),
    'Violin': ('violin',),
    'Flute': ('flute_traversiere',),
    'Accordion': ('accordion',),
    'Horn': ('horn',),
}


class SoundBank:
    """What one split may let sound: class -> kind of material -> its voices.

    A kind (a sound font, recorded notes, recordings) is drawn first, then one of its voices, so
    that no kind drowns the others by its number.

    Args:
        voices: Class -> kind -> voices.
    """

    def __init__(self, voices: dict[str, dict[str, list[Voice]]]) -> None:
        self.voices = voices

    def phrase(
        self, label: str, rng: np.random.Generator, seconds: float
    ) -> tuple[np.ndarray, str]:
        """Draw an audible phrase of a class, at a root mean square of 1.

        Near-silent presets and phrases that die away early are drawn again.

        Returns:
            tuple: The phrase, float32 [seconds * SAMPLE_RATE], and the kind it was made of.

        Raises:
            DataError: Twenty draws in a row were not audible.
        """
        kinds = self.voices[label]
        for _ in range(20):
            kind = list(kinds)[rng.integers(len(kinds))]
            voice = kinds[kind][rng.integers(len(kinds[kind]))]
            wave = fade(voice(rng, seconds))
            if audible(wave):
                return wave / np.sqrt(np.mean(wave**2)), kind
        raise DataError(f'no audible phrase of {label} in 20 draws from {list(kinds)}')


def load_sounds(materials: Materials, split: str) -> SoundBank:
    """Gather what a split may let sound.

    train and val: two sound fonts and half of the recorded notes. test: the same sound fonts
    and the other half. test_shift: GCompris' recordings and a third sound font.
    """
    if split == 'test_shift':
        recordings = read_rcc(
            materials.path('gcompris-qt-data', 'usr/share/gcompris-qt/rcc/instruments.rcc')
        )
        fonts, notes = {'timgm6mb': SoundFont(str(materials.path(*_TIMGM)))}, None
    else:
        fonts = {
            'fluid': SoundFont(str(materials.path(*_FLUID))),
            'musescore': SoundFont(str(materials.path(*_MUSESCORE))),
        }
        recordings, notes = None, 1 if split == 'test' else 0
    voices: dict[str, dict[str, list[Voice]]] = {}
    for label in (*IDIOMS, 'Drum'):
        voices[label] = {
            name: _font_voices(font, label)
            for name, font in fonts.items()
            if (name, label) != ('musescore', 'Piano')  # half of its keys render near-silent
        }
        packs = [f'tonejs-instrument-{pack}-mp3' for pack in RECORDED_NOTES.get(label, ())]
        packs = [pack for pack in packs if pack in materials]
        if notes is not None and packs:
            voices[label]['notes'] = [
                NotePack(materials, pack, notes).voice(IDIOMS[label]) for pack in packs
            ]
        if recordings is not None and label in RECORDINGS:
            voices[label]['recordings'] = [
                _recording(recordings, name) for name in RECORDINGS[label]
            ]
    return SoundBank(voices)


class SoundFont:
    """Renders notes with the presets of one sound font.

    Args:
        path: An sf2 or sf3 file.
    """

    def __init__(self, path: str) -> None:
        self._synth = tinysoundfont.Synth(samplerate=SAMPLE_RATE)
        self._id = self._synth.sfload(path)

    def render(
        self, notes: list[Note], program: int, seconds: float, percussion: bool = False
    ) -> np.ndarray:
        """Render notes to float32 [seconds * SAMPLE_RATE], independent of what came before."""
        channel = 9 if percussion else 0
        self._synth.sounds_off()
        self._synth.generate(2048)  # lets the voices that were cut end
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


def _font_voices(font: SoundFont, label: str) -> list[Voice]:
    if label != 'Drum':
        idiom = IDIOMS[label]
        return [
            lambda rng, seconds, program=program: font.render(
                melody(rng, idiom, seconds), program, seconds
            )
            for program in idiom.programs
        ]
    kits = [
        lambda rng, seconds, keys=keys: font.render(
            rhythm(rng, keys, seconds), 0, seconds, percussion=True
        )
        for keys in DRUM_KEYS
    ]
    pitched = [
        lambda rng, seconds, program=program: font.render(
            rhythm(rng, tuple(int(p) for p in rng.integers(43, 62, 3)), seconds), program, seconds
        )
        for program in DRUM_PROGRAMS
    ]
    return kits + pitched


class NotePack:
    """Half of the single recorded notes of one instrument, played as phrases.

    Args:
        materials: The extracted packages.
        package: The npm package that holds the notes.
        half: 0 takes the first, third, ... note from below, 1 the others.
    """

    def __init__(self, materials: Materials, package: str, half: int) -> None:
        folder = materials.folders[package] / 'package'
        pitched = sorted((pitch_of(path.stem), path) for path in folder.glob('*.mp3'))
        if len(pitched) < 4:
            raise DataError(f'{folder} holds {len(pitched)} notes, at least 4 are needed')
        self.paths = dict(pitched[half::2])
        self._read = lru_cache(maxsize=None)(read_note)

    def voice(self, idiom: Idiom) -> Voice:
        """Return a voice that plays melodies of an idiom on the notes there are."""

        def play(rng: np.random.Generator, seconds: float) -> np.ndarray:
            wave = np.zeros(round(seconds * SAMPLE_RATE), np.float32)
            for note in melody(rng, idiom, seconds):
                for pitch in {self._nearest(pitch) for pitch in note.pitches}:
                    sound = cut(self._read(str(self.paths[pitch])), note.length)
                    start = round(note.start * SAMPLE_RATE)
                    part = wave[start : start + len(sound)]
                    part += sound[: len(part)] * (note.velocity / 127)
            return wave

        return play

    def _nearest(self, pitch: int) -> int:
        return min(self.paths, key=lambda own: (abs(own - pitch), own))


def pitch_of(name: str) -> int:
    """Return the MIDI number of a note's name, e.g. 60 of ``C4`` and 46 of ``As2 v2``."""
    letter, sharp, octave = re.match(r'([A-G])(s?)(-?\d+)', name).groups()
    return 12 * (int(octave) + 1) + 'C.D.EF.G.A.B'.index(letter) + bool(sharp)


def read_note(path: str) -> np.ndarray:
    """Read one recorded note, from its onset on, with a peak of 1: float32 [L]."""
    wave = read_wave(path)
    peak = np.abs(wave).max()
    if peak == 0:
        raise DataError(f'{path} is silent')
    onset = int(np.argmax(np.abs(wave) > 0.02 * peak))
    return wave[onset : onset + 4 * SAMPLE_RATE] / peak


def cut(wave: np.ndarray, seconds: float, release: float = 0.12) -> np.ndarray:
    """Let a ringing note go after some seconds."""
    held, tail = round(seconds * SAMPLE_RATE), round(release * SAMPLE_RATE)
    wave = wave[: held + tail].copy()
    if len(wave) > held:
        wave[held:] *= np.linspace(1, 0, tail, dtype=np.float32)[: len(wave) - held]
    return wave


def read_wave(file: str | io.BytesIO) -> np.ndarray:
    """Read a sound file as mono float32 [L] at SAMPLE_RATE."""
    wave, rate = soundfile.read(file, dtype='float32', always_2d=True)
    return soxr.resample(wave.mean(1), rate, SAMPLE_RATE).astype(np.float32)


def _recording(files: dict[str, bytes], name: str) -> Voice:
    @lru_cache(maxsize=1)
    def read() -> np.ndarray:
        path = f'gcompris/src/activities/instruments/resource/{name}.ogg'
        return without_silence(read_wave(io.BytesIO(files[path])))

    def play(rng: np.random.Generator, seconds: float) -> np.ndarray:
        length = round(seconds * SAMPLE_RATE)
        wave = read()
        if len(wave) < length:
            wave = np.tile(wave, -(-length // len(wave)))
        start = int(rng.integers(len(wave) - length + 1))
        return wave[start : start + length]

    return play


def without_silence(wave: np.ndarray) -> np.ndarray:
    """Cut the silence before the first and after the last sound."""
    loud = np.flatnonzero(np.abs(wave) > 0.01 * np.abs(wave).max())
    return wave[loud[0] : loud[-1] + 1]


def fade(wave: np.ndarray, seconds_in: float = 0.01, seconds_out: float = 0.15) -> np.ndarray:
    """Ramp the beginning and the end of a phrase, so that a cut does not click."""
    rise, fall = round(seconds_in * SAMPLE_RATE), round(seconds_out * SAMPLE_RATE)
    wave = wave.copy()
    wave[:rise] *= np.linspace(0, 1, rise, dtype=np.float32)
    wave[-fall:] *= np.linspace(1, 0, fall, dtype=np.float32)
    return wave


def audible(wave: np.ndarray, rms: float = 0.006, share: float = 0.5) -> bool:
    """Tell whether a phrase is loud enough, and within 35 dB of its loudest for long enough."""
    if np.sqrt(np.mean(wave**2)) < rms:
        return False
    frames = wave[: len(wave) // 1024 * 1024].reshape(-1, 1024)
    energy = np.mean(frames**2, axis=1)
    return bool(np.mean(energy > 10**-3.5 * energy.max()) >= share)
