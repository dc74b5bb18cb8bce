import numpy as np
import pytest
import soundfile
from PIL import Image

from mmavl.errors import DataError
from mmavl.preparation.converters.duets import compose_duet, half_boxes


def write(folder, name, samples, level, colour, rate=8000):
    soundfile.write(folder / f'{name}.wav', np.full(samples, level), rate)
    Image.new('RGB', (40, 20), (colour,) * 3).save(folder / f'{name}.jpg')


def test_pictures_stand_side_by_side_and_sounds_are_added(tmp_path):
    write(tmp_path, 'a', 8000, 0.25, 40)
    write(tmp_path, 'b', 4000, 0.5, 200)
    assert compose_duet(tmp_path, 'a', 'b', 'duets/a+b') == 0.5
    wave, rate = soundfile.read(tmp_path / 'duets/a+b.wav')
    assert (len(wave), rate) == (4000, 8000)
    assert wave == pytest.approx(0.75, abs=1e-3)
    picture = np.asarray(Image.open(tmp_path / 'duets/a+b.jpg'))[..., 0]
    assert picture.shape == (256, 512)
    assert abs(int(picture[128, 100]) - 40) < 3
    assert abs(int(picture[128, 400]) - 200) < 3


def test_a_sum_that_would_leave_the_range_is_softer(tmp_path):
    write(tmp_path, 'a', 800, 0.9, 0)
    write(tmp_path, 'b', 800, 0.9, 0)
    compose_duet(tmp_path, 'a', 'b', 'ab')
    assert soundfile.read(tmp_path / 'ab.wav')[0] == pytest.approx(1, abs=1e-3)


def test_sounds_of_two_rates_are_refused(tmp_path):
    write(tmp_path, 'a', 800, 0.1, 0)
    write(tmp_path, 'b', 800, 0.1, 0, rate=16000)
    with pytest.raises(DataError, match=r'8000 Hz and b\.wav 16000 Hz'):
        compose_duet(tmp_path, 'a', 'b', 'ab')


def test_boxes_move_into_their_half():
    boxes = np.array([[0.2, 0.1, 0.6, 0.9]])
    assert half_boxes(boxes, 0) == pytest.approx(np.array([[0.1, 0.1, 0.3, 0.9]]))
    assert half_boxes(boxes, 1) == pytest.approx(np.array([[0.6, 0.1, 0.8, 0.9]]))
