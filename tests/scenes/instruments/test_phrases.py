import numpy as np
import pytest

from mmavl.scenes.instruments.classes import CLASSES
from mmavl.scenes.instruments.phrases import DRUM_KEYS, IDIOMS, melody, rhythm


def rng(seed=0):
    return np.random.default_rng(seed)


def test_every_class_but_the_drum_has_an_idiom():
    assert set(IDIOMS) | {'Drum'} == set(CLASSES)


@pytest.mark.parametrize('label', IDIOMS)
def test_melodies_keep_to_the_range_and_the_time(label):
    idiom = IDIOMS[label]
    for seed in range(20):
        notes = melody(rng(seed), idiom, 3.0)
        pitches = [pitch for note in notes for pitch in note.pitches]
        assert idiom.low <= min(pitches) <= max(pitches) <= idiom.high
        assert notes[0].start == 0
        assert max(note.start for note in notes) < 3.0
        assert all(1 <= note.velocity <= 127 for note in notes)


def test_a_melody_moves():
    for seed in range(20):
        pitches = {note.pitches for note in melody(rng(seed), IDIOMS['Violin'], 3.0)}
        assert len(pitches) >= 3


def test_only_instruments_with_chords_play_them():
    def chords(label):
        notes = [n for seed in range(20) for n in melody(rng(seed), IDIOMS[label], 3.0)]
        return np.mean([len(note.pitches) > 1 for note in notes])

    assert chords('Flute') == 0
    assert chords('Accordion') == pytest.approx(0.4, abs=0.15)  # not on the register's lowest


def test_a_rhythm_strikes_its_keys_only_and_often():
    for keys in DRUM_KEYS:
        for seed in range(10):
            notes = rhythm(rng(seed), keys, 3.0)
            assert {pitch for note in notes for pitch in note.pitches} <= set(keys)
            assert len(notes) >= 3.0 / 0.17 / 4  # the pulse on each fourth sixteenth
            assert max(note.start for note in notes) < 3.0
            assert max(len(note.pitches) for note in notes) <= 3


def test_phrases_depend_on_the_stream_only():
    idiom = IDIOMS['Piano']
    assert melody(rng(3), idiom, 3.0) == melody(rng(3), idiom, 3.0) != melody(rng(4), idiom, 3.0)
