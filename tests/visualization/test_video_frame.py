import numpy as np
import pytest
from PIL import Image, ImageDraw

from mmavl.visualization.colours import COLOURS, Colours
from mmavl.visualization.drawing import INK, PAPER, font
from mmavl.visualization.video_frame import (
    View,
    draw_view,
    frame_size,
    render_frame,
    strip_height,
    text_size,
)

CLASSES = [*'abcdefgh']
SIZE = (640, 480)
TEXT = 17
STRIP = 30
GREY = np.full((480, 640, 3), 100, np.uint8)
TOP_RIGHT = np.array([[0, 1], [0, 0]], np.float32)
FAINT = (170, 170, 170)


def view(maps=(), boxes=(), scores=(), **fields):
    maps, boxes = dict(maps), {(label, n): box for n, (label, box) in enumerate(boxes)}
    return View(maps, dict.fromkeys(maps, 1.0), boxes, dict(scores), **fields)


def render(drawn, image=GREY, size=SIZE, time=0.0):
    return render_frame(image, drawn, Colours(CLASSES), size, time).astype(int)


def strip_of(drawn, time=0.0, size=SIZE):
    return render(drawn, time=time, size=size)[size[1] :]


def written(text, left, colour=PAPER, bold=False):
    """The strip with nothing but a text that begins at a pixel."""
    strip = Image.new('RGB', (SIZE[0], STRIP), INK)
    ImageDraw.Draw(strip).text((left, STRIP / 2), text, colour, font(TEXT, bold), anchor='lm')
    return np.asarray(strip).astype(int)


def first_entry():
    """Where the first entry of the strip begins."""
    return 1.2 * TEXT + font(TEXT).getlength('0:00.0')


@pytest.mark.parametrize(
    ('size', 'max_side', 'expected'),
    [
        ((1920, 1080), 640, (640, 360)),
        ((1080, 1920), 640, (360, 640)),
        ((64, 48), 640, (320, 240)),  # small ones grow
        ((64, 48), 160, (160, 120)),
        ((500, 333), 640, (500, 332)),
        ((2000, 1), 640, (640, 2)),
        ((333, 333), 640, (332, 332)),
        ((800, 600), 639, (638, 478)),
        ((800, 600), 323, (322, 242)),
    ],
)
def test_frames_are_drawn_even_with_a_long_side_from_320_to_the_most(size, max_side, expected):
    assert frame_size(*size, max_side) == expected


@pytest.mark.parametrize(
    ('size', 'text', 'strip'),
    [((90, 90), 10, 18), ((320, 240), 10, 18), ((640, 480), 17, 30), ((1920, 1080), 28, 50)],
)
def test_text_grows_with_the_frame(size, text, strip):
    assert text_size(size) == text
    assert strip_height(size) == strip
    drawn = view({'b': TOP_RIGHT}, [('b', (0.5, 0.0, 1.0, 0.5))], {'b': 0.5})
    assert render(drawn, size=size).shape == (size[1] + strip, size[0], 3)


def test_frames_are_scaled_to_the_size_asked_for():
    image = np.zeros((480, 640, 3), np.uint8)
    image[:240, 320:] = 200
    for size in ((320, 240), (800, 600)):
        found = render(view(), image=image, size=size)
        half, middle = size[0] // 2, size[1] // 2
        assert (found[: middle - 3, half + 3 :] == 0).sum() == 0
        assert (found[: size[1], : half - 3] == 0).all()
        assert (found[middle + 3 : size[1]] == 0).all()


def test_heat_is_painted_and_without_a_map_the_frame_is_grey():
    image = GREY.copy()
    image[..., 0] = 200
    assert np.ptp(render(view(), image=image)[:480], axis=2).max() == 0
    found = render(view({'b': TOP_RIGHT}), image=image)
    assert found[400, 100].tolist() == [130] * 3
    assert found[40, 600].tolist() == pytest.approx(
        [130 * 0.35 + 0.65 * part for part in COLOURS[1]], abs=1
    )


def test_a_box_is_drawn_inside_of_its_edges_with_dark_lines_around():
    found = render(view({'b': np.zeros((2, 2))}, [('b', (0.5, 0.25, 1.0, 1.0))]))
    row = found[300].tolist()
    assert row[319] == [100] * 3
    assert row[320:324] == [list(INK), *[list(COLOURS[1])] * 2, list(INK)]
    assert row[636:640] == [list(INK), *[list(COLOURS[1])] * 2, list(INK)]
    assert found[479, 400].tolist() == list(INK)


def test_a_label_has_its_classs_colour_and_its_finer_name_above_the_box():
    box = (0.25, 0.5, 0.75, 0.9)
    found, finer = (
        render(view({}, [('b', box)], kinds=kinds))[:480] for kinds in ({}, {'b': 'a_finer_name'})
    )
    assert found[240 - TEXT - 5, 160].tolist() == found[239, 160].tolist() == list(COLOURS[1])
    assert found[240 - TEXT - 6, 160].tolist() == [100] * 3
    width = round(font(TEXT, bold=True).getlength('a finer name')) + 8
    rows = (finer[230] != 100).any(axis=1)
    assert np.flatnonzero(rows)[[0, -1]].tolist() == pytest.approx([160, 159 + width], abs=1)


def test_labels_of_boxes_at_one_place_are_all_readable():
    boxes = [
        ('b', (0.3, 0.3, 0.7, 0.7)),
        ('c', (0.31, 0.3, 0.7, 0.7)),
        ('d', (0.3, 0.31, 0.7, 0.7)),
    ]
    image = np.zeros((360, 640, 3), np.uint8)
    bare = draw_view(image, View(boxes={}), Colours(CLASSES))
    found = draw_view(image, view({}, boxes), Colours(CLASSES))
    outside = np.ones((360, 640), bool)
    outside[108:252, 192:448] = False
    for number in (1, 2, 3):  # each class's colour fills its own label outside of the boxes
        pixels = (found == COLOURS[number]).all(axis=2) & outside
        assert pixels.sum() > 150
    assert (bare == 0).all()


def test_the_strip_tells_the_time_and_a_picture_has_none():
    moments = {0.0: '0:00.0', 75.26: '1:15.3', 59.94: '0:59.9', 59.96: '1:00.0', 6000: '100:00.0'}
    for time, text in moments.items():
        width = round(TEXT / 2 + font(TEXT).getlength(text))
        found = strip_of(view(), time)
        assert np.array_equal(found[:, :width], written(text, TEXT / 2)[:, :width])
    found = strip_of(view(), time=None)
    assert np.array_equal(found, written('no sound of a known class', TEXT / 2, FAINT))


def test_the_strip_of_a_narrow_frame_has_names_and_no_time():
    drawn = view({'b': TOP_RIGHT}, scores={'b': 0.75})
    found = strip_of(drawn, size=(90, 90))
    assert np.array_equal(found, strip_of(drawn, time=None, size=(90, 90)))
    assert not np.array_equal(strip_of(drawn), strip_of(drawn, time=None))


def test_the_strip_lists_the_audible_classes_and_says_which_are_not_located():
    found = strip_of(view({'b': TOP_RIGHT}, scores={'c': 0.9, 'b': 0.75}))
    first = first_entry()
    second = first + 2.2 * TEXT + font(TEXT, bold=True).getlength('b 0.75')
    middle, radius = STRIP // 2, TEXT / 3
    assert found[middle, round(first + radius)].tolist() == list(COLOURS[1])
    assert found[middle, round(second + radius)].tolist() == list(INK)  # a ring
    name = written('b 0.75', first + TEXT, bold=True)
    part = slice(round(first + TEXT), round(second) - 2)
    assert np.array_equal(found[:, part], name[:, part])
    name = written('c 0.90, not located', second + TEXT, FAINT)
    part = slice(round(second + TEXT), SIZE[0])
    assert np.array_equal(found[:, part], name[:, part])


def test_a_map_of_the_whole_sound_is_listed_without_a_score():
    found = strip_of(view({'sound': TOP_RIGHT}, scores={'sound': None}))
    part = slice(round(first_entry() + TEXT), SIZE[0])
    name = written('sound', first_entry() + TEXT, bold=True)
    assert np.array_equal(found[:, part], name[:, part])


def test_an_entry_that_does_not_fit_ends_with_an_ellipsis_inside_the_strip():
    long = view({}, scores={'a_very_long_name_of_a_class_that_has_no_room' * 2: 0.9, 'b': 0.5})
    for size in ((160, 120), (320, 240), (640, 480)):
        found = strip_of(long, size=size)
        assert (found[:, -text_size(size) // 2 :] == INK).all()
        assert (found[:, size[0] // 2 :] != INK).any()
