import numpy as np
import pytest

from mmavl.apis import localization_picture
from mmavl.apis.localization import Localization
from mmavl.apis.localization_picture import PANEL, draw_localization
from mmavl.visualization.colours import COLOURS

CLASSES = ['Violin', 'Guitar', 'Drum']


@pytest.fixture
def draw(monkeypatch):
    """Draws a result; gives what is put together to a row."""
    corner = np.zeros((8, 8), np.float32)
    corner[:4, :4] = 1.0
    maps = {'Guitar': corner, 'Drum': corner[::-1, ::-1].copy(), 'sound': corner}
    rows = []

    def compose(panels, spectrogram, title, caption, legend, panel):
        rows.append((panels, caption, legend))
        return compose_row(panels, spectrogram, title, caption, legend, panel)

    compose_row = localization_picture.compose_row
    monkeypatch.setattr(localization_picture, 'compose_row', compose)

    def draw(time=1.5, **fields):
        loaded = {
            'image': np.full((64, 96, 3), 100, np.uint8),
            'waveform': np.zeros(8000, np.float32),
            'sample_rate': 8000,
        }
        audio_probs = {'Violin': 0.1, 'Guitar': 0.9, 'Drum': 0.2}
        visual_probs = {'Violin': 0.2, 'Guitar': 0.8, 'Drum': 0.7}
        given = {'audio_probs': audio_probs, 'visual_probs': visual_probs, 'maps': maps, **fields}
        result = Localization('clip ü', (96, 64), time, (1.0, 2.0), **given)
        picture = draw_localization(result, loaded, CLASSES)
        assert picture.dtype == np.uint8
        return rows[-1]

    return draw


def test_the_first_panel_is_painted_like_a_video_and_the_others_are_maps(draw):
    panels, caption, legend = draw(
        sounding=['Guitar'], kinds={'Guitar': 'Electric_guitar'}, asked=['Drum']
    )
    assert [panel.title for panel in panels] == [
        'audible and visible', 'map of Electric guitar', 'map of Drum'
    ]  # fmt: skip
    assert [panel.subtitle for panel in panels] == [
        'Electric guitar 0.90', 'audio 0.90, visual 0.80', 'audio 0.20, visual 0.70'
    ]  # fmt: skip
    assert (caption, legend) == ('at 1.5 s', ['peak', 'heat'])
    painted = panels[0].image
    assert painted.shape == (PANEL, 480, 3)
    grey = (np.ptp(painted.astype(int), axis=2) == 0).mean(axis=(0, 1))
    assert grey > 0.5
    assert (painted[250:, 300:] == 100).all()  # a class that was asked for is not audible
    for image, colour in zip((panel.image for panel in panels[1:]), COLOURS[1:]):
        assert (image == colour).all(axis=2).sum() > 100  # the boxes, in the class's colour


def test_a_picture_has_no_time_and_nothing_named_no_map(draw):
    (panel,), caption, legend = draw(time=None, sounding=[])
    assert panel.subtitle == 'no sound of a known class'
    assert (panel.image == 100).all()
    assert (caption, legend) == ('', [])


def test_a_model_without_classes_has_the_map_of_the_whole_sound(draw):
    panels, _, _ = draw(sounding=['sound'], audio_probs={}, visual_probs={})
    assert [panel.title for panel in panels] == ['audible and visible', 'map of sound']
    assert panels[1].subtitle == ''


def test_maps_beyond_the_fifth_are_counted(draw):
    maps = {str(number): np.eye(4, dtype=np.float32) for number in range(7)}
    probs = dict.fromkeys(maps, 0.5)
    panels, caption, _ = draw(sounding=[*maps], maps=maps, audio_probs=probs, visual_probs=probs)
    assert len(panels) == 6
    assert caption == 'at 1.5 s (and 2 more maps)'
