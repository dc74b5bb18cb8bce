import numpy as np
import pytest

from mmavl.scenes.instruments import sound_font
from mmavl.scenes.instruments.phrases import Note
from mmavl.scenes.instruments.sound_font import SoundFont
from mmavl.scenes.waves import SAMPLE_RATE


class CountingSynth:
    """Its left channel is the number of keys down, its right one three times as much."""

    def __init__(self, samplerate):
        assert samplerate == SAMPLE_RATE
        self.down, self.log = {}, []

    def sfload(self, path):
        self.log.append(('load', path))
        return 7

    def sounds_off(self):
        self.down.clear()

    def program_select(self, channel, font, bank, program, percussion):
        self.log.append((channel, font, bank, program, percussion))

    def noteon(self, channel, pitch, velocity):
        self.log.append((channel, pitch, velocity))
        self.down[pitch] = velocity

    def noteoff(self, channel, pitch):
        self.down.pop(pitch)

    def generate(self, samples):
        stereo = np.tile(np.array([1, 3], np.float32) * len(self.down), (samples, 1))
        return memoryview(stereo.tobytes())


@pytest.fixture
def font(monkeypatch):
    monkeypatch.setattr(sound_font.tinysoundfont, 'Synth', CountingSynth)
    return SoundFont('toy.sf2')


def second(time):
    return round(time * SAMPLE_RATE)


def test_keys_go_down_and_up_on_the_sample(font):
    notes = [Note(0.5, 1.0, (60, 64), 90), Note(1.0, 1.0, (67,), 80)]
    wave = font.render(notes, 40, 2.5)
    assert wave.dtype == np.float32
    expected = np.zeros(second(2.5))
    expected[second(0.5) : second(1.5)] += 2 * 2  # two keys; the mean of 1 and 3
    expected[second(1.0) : second(2.0)] += 2
    np.testing.assert_array_equal(wave, expected)
    assert font._synth.log == [
        ('load', 'toy.sf2'), (0, 7, 0, 40, False), (0, 60, 90), (0, 64, 90), (0, 67, 80),
    ]  # fmt: skip


def test_a_key_struck_again_at_once_is_let_go_first(font):
    wave = font.render([Note(0.0, 0.5, (60,), 90), Note(0.5, 0.5, (60,), 90)], 0, 1.0)
    assert (wave == 2).all()


def test_what_lies_beyond_the_end_is_left_out_and_does_not_sound_on(font):
    wave = font.render([Note(0.5, 9.0, (60,), 90), Note(1.5, 1.0, (62,), 90)], 0, 1.0)
    assert len(wave) == SAMPLE_RATE
    assert wave[-1] == 2
    assert (font.render([], 0, 0.5) == 0).all()


def test_percussion_is_played_on_its_channel(font):
    font.render([Note(0.0, 0.1, (38,), 100)], 0, 0.2, percussion=True)
    assert font._synth.log[1:] == [(9, 7, 0, 0, True), (9, 38, 100)]


def test_a_real_font_sounds_at_the_pitch_and_time_asked_for(materials):
    path = materials.path('timgm6mb-soundfont', 'usr/share/sounds/sf2/TimGM6mb.sf2')
    wave = SoundFont(str(path)).render([Note(0.5, 1.0, (69,), 100)], 73, 2.0)  # a flute's a'
    assert np.abs(wave[: second(0.49)]).max() < 0.001
    part = wave[second(0.7) : second(1.3)]
    spectrum = np.abs(np.fft.rfft(part * np.hanning(len(part))))
    assert np.argmax(spectrum) * SAMPLE_RATE / len(part) == pytest.approx(440, abs=5)
