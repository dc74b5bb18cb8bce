import numpy as np
import pytest

from mmavl.apis.localization import Localization
from mmavl.apis.localization_picture import draw_localization

CLASSES = ['Violin', 'Guitar', 'Drum']


class Recorder:
    """A visualizer that keeps what it is to draw."""

    def draw(self, image, sample, spectrogram, caption):
        """Record."""
        self.image, self.sample = image, sample
        self.spectrogram, self.caption = spectrogram, caption
        return image


@pytest.fixture
def draw():
    """Draws a result; gives what the visualizer was asked to draw."""
    corner = np.zeros((8, 8), np.float32)
    corner[:4, :4] = 1.0
    maps = {'Guitar': corner, 'Drum': corner[::-1, ::-1].copy(), 'sound': corner}

    def draw(time=1.5, **fields):
        loaded = {
            'image': np.zeros((64, 96, 3), np.uint8),
            'waveform': np.zeros(8000, np.float32),
            'sample_rate': 8000,
        }
        audio_probs = {'Violin': 0.1, 'Guitar': 0.9, 'Drum': 0.2}
        visual_probs = {'Violin': 0.2, 'Guitar': 0.8, 'Drum': 0.7}
        given = {'audio_probs': audio_probs, 'visual_probs': visual_probs, 'maps': maps, **fields}
        result = Localization('clip ü', (96, 64), time, (1.0, 2.0), **given)
        recorder = Recorder()
        assert draw_localization(result, loaded, CLASSES, recorder) is loaded['image']
        return recorder

    return draw


def test_boxes_are_those_of_sounding_classes_by_their_finer_names(draw):
    drawn = draw(sounding=['Guitar'], kinds={'Guitar': 'Electric guitar'}, asked=['Drum'])
    assert drawn.sample.map_labels.tolist() == [1, 2]  # the one asked for has a map and no box
    boxes = drawn.sample.pred_instances
    assert boxes.labels.tolist() == [1]
    assert boxes.names == ['Electric guitar']
    assert boxes.bboxes[0].tolist() == pytest.approx([0, 0, 48, 32], abs=7)
    assert drawn.sample.pred_tags.tolist() == pytest.approx([0.1, 0.9, 0.2])
    assert drawn.sample.pred_visual_tags.tolist() == pytest.approx([0.2, 0.8, 0.7])
    assert drawn.caption == 'at 1.5 s heard: Electric guitar 0.90'
    assert drawn.spectrogram.start == 1.0  # of the window


def test_a_picture_has_no_time_and_nothing_named_no_map(draw):
    drawn = draw(time=None, sounding=[])
    assert drawn.caption == ''
    assert len(drawn.sample.pred_maps.data) == len(drawn.sample.map_labels) == 0
    assert drawn.sample.pred_instances.bboxes.shape == (0, 4)


def test_a_model_without_classes_has_the_map_of_the_whole_sound(draw):
    drawn = draw(sounding=['sound'], audio_probs={}, visual_probs={})
    assert drawn.sample.map_labels.tolist() == [-1]
    assert 'pred_tags' not in drawn.sample
    assert drawn.caption == 'at 1.5 s'
