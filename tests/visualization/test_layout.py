import numpy as np
import pytest

from mmavl.visualization.drawing import SOUNDING, font
from mmavl.visualization.layout import Panel, compose_row, draw_legend_strip
from mmavl.visualization.spectrogram import Spectrogram

SOUND = Spectrogram(np.random.default_rng(0).uniform(-60, 0, (100, 96)), duration=1.0)
EVERY = ['sounding', 'silent', 'peak', 'heat']


def panel(shade, width=100, height=100, title='', subtitle=''):
    return Panel(np.full((height, width, 3), shade, np.uint8), title, subtitle)


def row(panels, sound=None, title='', caption='', legend=(), size=100):
    return compose_row(panels, sound, title, caption, list(legend), size)


def place_of(picture, shade):
    """Left, top, right and bottom (exclusive) of the pixels of one grey shade."""
    y, x = np.nonzero((picture == shade).all(-1))
    return x.min(), y.min(), x.max() + 1, y.max() + 1


def test_panels_stand_beside_each_other_under_header_and_titles():
    picture = row([panel(10), panel(20, width=150), panel(30)])
    assert place_of(picture, 10) == (12, 74, 112, 174)
    assert place_of(picture, 20) == (122, 74, 272, 174)
    assert place_of(picture, 30) == (282, 74, 382, 174)
    assert picture.shape == (174 + 12, 382 + 12, 3)


def test_a_small_panel_stands_in_the_middle_of_its_place():
    picture = row([panel(10, width=40, height=60), panel(20)])
    assert place_of(picture, 10) == (12 + 30, 74 + 20, 12 + 70, 74 + 80)
    assert place_of(picture, 20)[0] == 122


def test_the_sound_runs_beneath_all_panels():
    silent, loud = row([panel(10), panel(20)]), row([panel(10), panel(20)], SOUND)
    assert loud.shape == (silent.shape[0] + 110, silent.shape[1], 3)
    beneath = loud[184 : 184 + 80, 12:222]
    assert beneath.std() > 30
    assert (loud[184:264, 222:] == 255).all()  # not wider than the panels


def test_beside_a_lone_panel_the_sound_is_a_panel_too():
    picture = row([panel(10)], SOUND)
    assert picture.shape == (186, 12 + 100 + 10 + 200 + 12, 3)
    assert picture[74:150, 122:322].std() > 30


def dark(picture):
    """Columns in which something is written, from the first to the last."""
    columns = np.flatnonzero((picture < 160).all(-1).any(0))
    return (columns[0], columns[-1]) if len(columns) else None


def test_a_long_title_is_cut_and_leaves_its_caption_out():
    width = 300
    picture = row([panel(255, width=width)], title='x' * 200, caption='level 2')
    left, right = dark(picture[12:34])
    assert left >= 12
    assert right < 12 + width
    short = row([panel(255, width=width)], title='clip', caption='level 2')
    _, end = dark(short[12:34])
    start = font(15, bold=True).getlength('clip') + 14
    assert end == pytest.approx(12 + start + font(13).getlength('level 2'), abs=3)


def test_a_subtitle_gives_up_its_last_parts_before_it_is_cut():
    whole = row([panel(255, subtitle='audio 0.12, visual 0.80, and so on')])[38:74]
    shorter = row([panel(255, subtitle='audio 0.12')])[38:74]
    np.testing.assert_array_equal(whole, shorter)


def test_legends_take_as_many_lines_as_they_need():
    heights = {width: draw_legend_strip(EVERY, width).shape[0] for width in (1200, 400, 60)}
    assert heights[1200] == 22
    assert heights[60] == 4 * 22
    assert 22 < heights[400] < 88
    assert draw_legend_strip([], 400).shape == (0, 400, 3)
    strip = draw_legend_strip(['sounding'], 400)
    assert (strip == SOUNDING).all(-1).any()
    assert not (draw_legend_strip(['silent', 'peak'], 400) == SOUNDING).all(-1).any()


def test_a_row_with_a_legend_is_higher_by_its_lines():
    plain = row([panel(10, width=1200)])
    legend = row([panel(10, width=1200)], legend=EVERY)
    assert legend.shape[0] == plain.shape[0] + 22
    np.testing.assert_array_equal(legend[:170], plain[:170])
