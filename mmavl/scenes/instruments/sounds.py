"""The sounds of InstrumentScenes: rendered presets, recorded notes, recorded phrases."""

import io
from collections.abc import Callable
from functools import cache, partial

import numpy as np

from mmavl.scenes.banks import SoundBank, Voice
from mmavl.scenes.instruments.classes import CLASSES
from mmavl.scenes.instruments.note_pack import NotePack
from mmavl.scenes.instruments.phrases import (
    DRUM_KEYS,
    DRUM_PROGRAMS,
    IDIOMS,
    melody,
    rhythm,
)
from mmavl.scenes.instruments.rcc import read_rcc
from mmavl.scenes.instruments.sound_font import SoundFont
from mmavl.scenes.instruments.sources import Materials
from mmavl.scenes.waves import (
    SAMPLE_RATE,
    read_wave,
    without_silence,
)

_FLUID = ('fluidr3mono-gm-soundfont', 'usr/share/fluidr3mono-gm-soundfont/FluidR3Mono_GM.sf3')
_MUSESCORE = (
    'musescore-general-soundfont-small',
    'usr/share/sounds/sf3/MuseScore_General_Lite.sf3',
)
_TIMGM = ('timgm6mb-soundfont', 'usr/share/sounds/sf2/TimGM6mb.sf2')

#: Class -> npm packages with single recorded notes (tonejs-instrument-<name>-mp3).
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

#: Class -> GCompris' recordings, for test_shift only. There is none of an oboe; drum_kit.ogg
#: is left out because of its non-free licence.
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


def load_sounds(materials: Materials, split: str) -> SoundBank:
    """Load the sounds of a split.

    train and val: two sound fonts and half of the recorded notes. test: the same sound fonts
    and the other half. test_shift: GCompris' recordings and a third sound font.
    """
    shifted = split == 'test_shift'
    packages = {'timgm6mb': _TIMGM} if shifted else {'fluid': _FLUID, 'musescore': _MUSESCORE}
    voices: dict[str, dict[str, list[Voice]]] = {}
    for label in CLASSES:
        voices[label] = {
            kind: _font_voices(_font(str(materials.path(*package))), label)
            for kind, package in packages.items()
            if (kind, label) != ('musescore', 'Piano')  # half of its keys are nearly silent
        }
        if shifted:
            more = {'recordings': _recorded_voices(materials, label)}
        else:
            more = {'notes': _note_voices(materials, label, half=1 if split == 'test' else 0)}
        voices[label] |= {kind: extra for kind, extra in more.items() if extra}
    return SoundBank(voices)


_font = cache(SoundFont)


def _font_voices(font: SoundFont, label: str) -> list[Voice]:
    if label != 'Drum':
        return [partial(_play_melody, font, label, program) for program in IDIOMS[label].programs]
    kits = [partial(_play_kit, font, keys) for keys in DRUM_KEYS]
    return kits + [partial(_play_pitched_drum, font, program) for program in DRUM_PROGRAMS]


def _play_melody(
    font: SoundFont, label: str, program: int, rng: np.random.Generator, seconds: float
) -> np.ndarray:
    return font.render(melody(rng, IDIOMS[label], seconds), program, seconds)


def _play_kit(
    font: SoundFont, keys: tuple[int, ...], rng: np.random.Generator, seconds: float
) -> np.ndarray:
    return font.render(rhythm(rng, keys, seconds), 0, seconds, percussion=True)


def _play_pitched_drum(
    font: SoundFont, program: int, rng: np.random.Generator, seconds: float
) -> np.ndarray:
    keys = tuple(int(pitch) for pitch in rng.integers(43, 62, 3))
    return font.render(rhythm(rng, keys, seconds), program, seconds)


def _note_voices(materials: Materials, label: str, half: int) -> list[Voice]:
    packages = [f'tonejs-instrument-{name}-mp3' for name in RECORDED_NOTES.get(label, ())]
    return [
        partial(_play_notes, NotePack(materials.folders[package] / 'package', half), label)
        for package in packages
        if package in materials
    ]


def _play_notes(
    pack: NotePack, label: str, rng: np.random.Generator, seconds: float
) -> np.ndarray:
    return pack.render(melody(rng, IDIOMS[label], seconds), seconds)


def _recorded_voices(materials: Materials, label: str) -> list[Voice]:
    path = materials.path('gcompris-qt-data', 'usr/share/gcompris-qt/rcc/instruments.rcc')
    files = _resources(path)
    folder = 'gcompris/src/activities/instruments/resource'
    return [
        partial(_play_recording, cache(partial(_read, files[f'{folder}/{name}.ogg'])))
        for name in RECORDINGS.get(label, ())
    ]


_resources = cache(read_rcc)


def _read(ogg: bytes) -> np.ndarray:
    return without_silence(read_wave(io.BytesIO(ogg)))


def _play_recording(
    read: Callable[[], np.ndarray], rng: np.random.Generator, seconds: float
) -> np.ndarray:
    length = round(seconds * SAMPLE_RATE)
    wave = read()
    if len(wave) < length:
        wave = np.tile(wave, -(-length // len(wave)))
    start = int(rng.integers(len(wave) - length + 1))
    return wave[start : start + length]
