"""Random melodies and drum rhythms in the range and style of each instrument."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Note:
    """Keys struck together.

    Args:
        start: Seconds from the start of the phrase.
        length: Seconds until they are released.
        pitches: MIDI numbers.
        velocity: 1 to 127.
    """

    start: float
    length: float
    pitches: tuple[int, ...]
    velocity: int


@dataclass(frozen=True)
class Idiom:
    """How an instrument is played.

    Args:
        programs: General MIDI programs (from 0) that sound like it.
        low: Lowest MIDI pitch played.
        high: Highest MIDI pitch played.
        beat: Shortest and longest beat in seconds.
        legato: Length of a note relative to the time until the next; over 1 it rings on.
        chords: Share of notes played as a chord.
    """

    programs: tuple[int, ...]
    low: int
    high: int
    beat: tuple[float, float]
    legato: float
    chords: float


IDIOMS = {
    'Banjo': Idiom((105,), 50, 76, (0.15, 0.30), 1.2, 0.1),
    'Cello': Idiom((42,), 36, 67, (0.35, 0.80), 1.0, 0.0),
    'Guitar': Idiom((24, 25, 26, 27), 40, 76, (0.22, 0.50), 1.3, 0.3),
    'Harp': Idiom((46,), 40, 91, (0.15, 0.40), 2.0, 0.2),
    'Harmonica': Idiom((22,), 60, 86, (0.30, 0.60), 0.95, 0.3),
    'Oboe': Idiom((68,), 58, 86, (0.25, 0.60), 0.95, 0.0),
    'Piano': Idiom((0, 1, 3), 36, 88, (0.20, 0.50), 1.1, 0.4),
    'Saxophone': Idiom((64, 65, 66, 67), 49, 80, (0.20, 0.50), 0.9, 0.0),
    'Trombone': Idiom((57,), 40, 70, (0.30, 0.70), 0.9, 0.0),
    'Trumpet': Idiom((56, 59), 55, 82, (0.20, 0.50), 0.85, 0.0),
    'Violin': Idiom((40, 110), 55, 93, (0.20, 0.60), 1.0, 0.0),
    'Flute': Idiom((73, 74), 60, 91, (0.20, 0.50), 0.95, 0.0),
    'Accordion': Idiom((21, 23), 53, 84, (0.25, 0.50), 0.95, 0.5),
    'Horn': Idiom((60,), 41, 72, (0.35, 0.80), 0.95, 0.0),
}

#: Pitched drums by their General MIDI programs: timpani, taiko, melodic toms.
DRUM_PROGRAMS = (47, 116, 117)
#: Groups of keys of the percussion channel: drum kit, toms, congas with bongos, snare.
DRUM_KEYS = (
    (36, 38, 42, 46, 36, 38, 42),
    (41, 43, 45, 47, 48, 50, 36),
    (60, 61, 62, 63, 64),
    (38, 40, 38, 37),
)

_SCALES = ((0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10), (0, 2, 4, 7, 9), (0, 3, 5, 7, 10))
_CELLS = ((1.0,), (0.5, 0.5), (0.75, 0.25), (1.5, 0.5), (2.0,), (1 / 3, 1 / 3, 1 / 3))


def melody(rng: np.random.Generator, idiom: Idiom, seconds: float) -> list[Note]:
    """Draw a melody: a walk on a scale in a random register and tempo."""
    scale = _SCALES[rng.integers(len(_SCALES))]
    root = int(rng.integers(12))
    keys = [p for p in range(idiom.low, idiom.high + 1) if (p - root) % 12 in scale]
    width = min(len(keys), int(rng.integers(8, 13)))
    first = int(rng.integers(len(keys) - width + 1))
    keys = keys[first : first + width]
    beat = rng.uniform(*idiom.beat)
    notes: list[Note] = []
    time, step = 0.0, int(rng.integers(len(keys)))
    while time < seconds:
        for part in _CELLS[rng.integers(len(_CELLS))]:
            if notes and rng.random() < 0.06:  # a rest, never at the start
                time += part * beat
                continue
            pitches = [keys[step]]
            if rng.random() < idiom.chords:
                pitches += [keys[step - 2 * n] for n in (1, 2) if step >= 2 * n]
            length = part * beat * idiom.legato
            notes.append(Note(time, length, tuple(pitches), int(rng.integers(75, 120))))
            time += part * beat
            step = _walk(rng, step, len(keys))
    return [note for note in notes if note.start < seconds]


def _walk(rng: np.random.Generator, step: int, size: int) -> int:
    step += int(
        rng.choice(
            (-3, -2, -1, 1, 2, 3, 5, -4), p=(0.08, 0.15, 0.25, 0.25, 0.15, 0.08, 0.02, 0.02)
        )
    )
    if step < 0:
        step = -step
    if step >= size:
        step = 2 * (size - 1) - step
    return max(0, min(size - 1, step))


def rhythm(rng: np.random.Generator, keys: tuple[int, ...], seconds: float) -> list[Note]:
    """Draw a rhythm: a random bar of sixteenths over a few keys, repeated with variations."""
    tick = rng.uniform(0.09, 0.17)
    steps = 16
    bar = rng.random((len(keys), steps)) < rng.uniform(0.2, 0.4)
    bar[0, 0] = True
    bar[rng.integers(len(keys)), ::4] = True  # a steady pulse
    notes, tick_number = [], 0
    while tick_number * tick < seconds:
        struck = bar[:, tick_number % steps] ^ (rng.random(len(keys)) < 0.04)
        pitches = tuple(sorted({key for key, hit in zip(keys, struck) if hit}))[:3]
        if pitches:
            accent = 100 if tick_number % 4 == 0 else 80
            velocity = int(accent + rng.integers(-12, 20))
            notes.append(Note(tick_number * tick, tick, pitches, velocity))
        tick_number += 1
    return notes
