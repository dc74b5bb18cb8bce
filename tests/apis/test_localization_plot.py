import matplotlib.pyplot as plt
import numpy as np
import pytest

from mmavl.apis import Localization
from mmavl.apis.clips import Clip
from mmavl.visualization.colours import Colours

IMAGE = np.full((60, 80, 3), 100, np.uint8)
CLIP = Clip('a $x_1', IMAGE, np.zeros(9, np.float32), 8000)


def result_of(time, probs, windows=(), **fields):
    maps = {'Dog': np.pad(np.ones((4, 4), np.float32), ((0, 4), (0, 4)))}
    sounding = [name for name, prob in probs.items() if prob >= 0.3]
    return Localization(
        'a $x_1', (80, 60), time, (0.0, 1.0), probs, {'Dog': 1.0, 'Cat': 0.1}, sounding, maps,
        clip=CLIP, windows=[*windows], **fields,
    )  # fmt: skip


@pytest.fixture
def windows():
    return [result_of(t, {'Dog': 0.9 - t / 10, 'Cat': 0.1 + t / 4}) for t in (0.0, 0.5, 1.0)]


def test_a_picture_is_plotted_without_axes():
    figure = result_of(None, {'Dog': 0.9, 'Cat': 0.1}).plot()
    (axes,) = figure.axes
    assert axes.get_title() == 'a $x_1'
    assert (axes.images[0].get_array()[30, 20] != axes.images[0].get_array()[200, 200]).any()
    assert not axes.axison
    figure.canvas.draw()  # the name is no formula


def test_a_video_has_the_probability_of_each_class_that_sounds_over_time(windows):
    result = result_of(0.5, {'Dog': 0.8, 'Cat': 0.2}, windows)
    _, below = result.plot().axes
    curves = {line.get_label(): line for line in below.lines}
    assert [*curves] == ['Dog', 'Cat']  # the highest first
    assert curves['Cat'].get_xdata().tolist() == [0.0, 0.5, 1.0]
    assert curves['Cat'].get_ydata().tolist() == pytest.approx([0.1, 0.225, 0.35])
    colours = Colours(['Dog', 'Cat'])
    for label, curve in curves.items():
        assert np.array(curve.get_color()) * 255 == pytest.approx(colours[label])
    assert (below.get_xlabel(), below.get_ylabel()) == ('time (s)', 'probability')


def test_a_video_in_which_nothing_sounds_is_its_picture():
    silent = [result_of(t, {'Dog': 0.1}) for t in (0.0, 0.5)]
    assert len(result_of(0.5, {'Dog': 0.1}, silent).plot().axes) == 1
    assert plt.get_fignums() == []
