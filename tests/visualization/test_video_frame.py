import numpy as np
import pytest
from PIL import Image, ImageDraw

from mmavl.visualization.drawing import INK, PAPER, font
from mmavl.visualization.video_frame import COLOURS, STRIP, colour_of, frame_size, render_frame

CLASSES = [*'abcdefgh']
SIZE = (320, 240)
GREY = np.full((240, 320, 3), 100, np.uint8)
# upsampled linearly, a cell's own value fills the 80 x 60 pixels of its corner of the frame
TOP_RIGHT = np.array([[0, 1], [0, 0]], np.float32)
BOTTOM_LEFT = np.array([[0, 0], [3, 0]], np.float32)


def render(maps, scores=(), image=GREY, size=SIZE, time=0.0):
    return render_frame(image, maps, dict(scores), CLASSES, size, time).astype(int)


def heat(colour, grey=100, share=0.65):
    return [round(grey * (1 - share) + share * part) for part in colour]


def strip_of(maps, scores, time=0.0, size=SIZE):
    return render(maps, scores, time=time, size=size)[size[1] :]


def written(text, left, colour=PAPER, bold=False):
    """The strip with nothing but a text that begins at a pixel."""
    strip = Image.new('RGB', (SIZE[0], STRIP), INK)
    ImageDraw.Draw(strip).text((left, STRIP // 2), text, colour, font(12, bold), anchor='lm')
    return np.asarray(strip)


def test_classes_have_colours_of_their_own_and_a_map_without_a_class_the_first():
    assert [colour_of(label, CLASSES) for label in 'abg'] == [COLOURS[i] for i in (0, 1, 6)]
    assert colour_of('h', CLASSES) == COLOURS[0]  # seven colours, then again
    assert colour_of('sound', CLASSES) == COLOURS[0]


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


def test_without_maps_the_frame_stays_in_colour_above_the_strip():
    image = np.zeros((240, 320, 3), np.uint8)
    image[:, 160:] = 200, 100, 30
    found = render({}, image=image)
    assert found.shape == (240 + 24, 320, 3)
    assert np.array_equal(found[:240], image)


def test_frames_are_scaled_to_the_size_asked_for():
    image = np.zeros((480, 640, 3), np.uint8)
    image[:240, 320:] = 200
    for size in ((320, 240), (800, 600)):
        found = render({}, image=image, size=size)
        assert found.shape == (size[1] + 24, size[0], 3)
        half, middle = size[0] // 2, size[1] // 2
        assert (found[: middle - 3, half + 3 :] == 200).all()
        assert (found[: size[1], : half - 3] == 0).all()
        assert (found[middle + 3 : size[1]] == 0).all()


def test_finer_stripes_than_there_are_pixels_become_their_mean():
    image = np.zeros((240, 1280, 3), np.uint8)
    image[:, ::4] = 200
    assert (render({}, image=image)[:240] == 50).all()


def test_heat_has_its_classs_colour_where_the_map_is_highest():
    found = render({'b': TOP_RIGHT})
    assert found[40, 280].tolist() == heat(COLOURS[1])
    assert found[200, 40].tolist() == [100, 100, 100]
    # half-way down the right edge the map is at a half, and the colour at half of its share
    assert found[120, 310] == pytest.approx(heat(COLOURS[1], share=0.325), abs=2)


def test_a_pixel_belongs_to_the_map_that_is_highest_there_each_stretched_to_itself():
    found = render({'b': TOP_RIGHT, 'c': BOTTOM_LEFT})  # whose values go to 1 and to 3
    assert found[40, 280].tolist() == heat(COLOURS[1])
    assert found[200, 40].tolist() == heat(COLOURS[2])
    assert found[20:40, 20:40].tolist() == [[[100] * 3] * 20] * 20


def test_beneath_heat_the_frame_is_grey_so_that_colour_means_heat():
    image = np.zeros((240, 320, 3), np.uint8)
    image[..., 0] = 200
    grey = round(0.299 * 200)  # ITU-R BT.601
    found = render({'b': TOP_RIGHT}, image=image)
    assert found[200, 40].tolist() == [grey] * 3
    assert found[40, 280].tolist() == heat(COLOURS[1], grey)


def test_a_constant_map_is_no_heat_and_has_no_box():
    assert (render({'b': np.full((2, 2), 0.7, np.float32)})[:240] == 100).all()


def test_a_box_is_drawn_around_the_heat_with_dark_edges():
    found = render({'b': BOTTOM_LEFT})
    # the map is above its half maximum left of 160 and beneath 120, less at the corner
    column = found[180]
    edges = [x for x in range(320) if column[x].tolist() == list(COLOURS[1])]
    assert edges[:2] == [1, 2]
    assert edges[-2:] == pytest.approx([156, 157], abs=2)
    assert column[0].tolist() == column[3].tolist() == list(INK)
    row = found[:240, 80]
    assert row[239].tolist() == row[236].tolist() == list(INK)
    assert row[238].tolist() == row[237].tolist() == list(COLOURS[1])
    top = [y for y in range(240) if row[y].tolist() == list(COLOURS[1])][:2]
    assert top == pytest.approx([122, 123], abs=2)


def test_a_box_at_the_frames_right_edge_is_drawn_inside():
    row = render({'b': TOP_RIGHT})[60]
    assert [x for x in range(200, 320) if row[x].tolist() == list(COLOURS[1])] == [317, 318]
    assert row[319].tolist() == list(INK)


def test_a_box_is_named_above_its_left_corner_and_inside_where_there_is_no_room():
    above = render({'b': BOTTOM_LEFT}, {'b': 0.876})[:240]
    bare = render({'b': BOTTOM_LEFT})[:240]  # a shorter name, without a score
    top = next(y for y in range(240) if above[y, 80].tolist() == list(COLOURS[1])) - 1
    assert (above[top - 15 : top - 2, 0] == INK).all()
    width = font(13, bold=True).getlength('b 0.88') + 8
    changed = np.flatnonzero((above != bare).any(axis=(0, 2)))
    assert changed.max() == pytest.approx(width, abs=1)
    inside = render({'b': TOP_RIGHT}, {'b': 0.876})[:240]
    left = next(x for x in range(320) if inside[60, x].tolist() == list(COLOURS[1])) - 1
    assert (inside[1:18, left : left + 4] == INK).all()
    assert inside[20, left + 1].tolist() == list(COLOURS[1])


def test_the_strip_tells_the_time():
    moments = {0.0: '0:00.0', 75.26: '1:15.3', 59.94: '0:59.9', 59.96: '1:00.0', 6000: '100:00.0'}
    for time, text in moments.items():
        width = round(10 + font(12).getlength(text))
        assert np.array_equal(strip_of({}, {}, time)[:, :width], written(text, 6)[:, :width])


def test_a_finer_name_is_written_in_place_of_the_class():
    scores = {'a': 0.5}
    finer = render_frame(GREY, {'a': TOP_RIGHT}, scores, CLASSES, SIZE, 0.0, {'a': 'b', 'c': 'd'})
    coarse = render_frame(GREY, {'b': TOP_RIGHT}, {'b': 0.5}, CLASSES, SIZE, 0.0)
    width = round(14 + font(12).getlength('0:00.0')) + 13
    assert np.array_equal(finer[240:, width:] > 128, coarse[240:, width:] > 128)


def test_the_strip_names_the_four_best_scores_those_that_sound_with_a_full_mark():
    scores = {'a': 0.25, 'b': 0.75, 'c': 0.5, 'd': 0.125, 'e': 0.1}
    found = strip_of({'b': TOP_RIGHT}, scores)
    first = 14 + font(12).getlength('0:00.0')
    second = first + 13 + font(12, bold=True).getlength('b 0.75') + 14
    assert found[12, round(first + 4)].tolist() == list(COLOURS[1])
    assert found[12, round(second + 4)].tolist() == list(INK)  # a ring
    assert found[8, round(second + 4)].tolist() == list(COLOURS[2])
    name = written('b 0.75', first + 13, bold=True)
    part = slice(round(first + 12), round(second - 4))
    assert np.array_equal(found[:, part], name[:, part])
    name = written('c 0.50', second + 13, colour=(170, 170, 170))
    third = second + 13 + font(12).getlength('c 0.50') + 14
    part = slice(round(second + 12), round(third - 4))
    assert np.array_equal(found[:, part], name[:, part])


def test_the_strip_names_no_fifth_score():
    scores = {'a': 0.25, 'b': 0.75, 'c': 0.5, 'd': 0.125, 'e': 0.1}
    found = [strip_of({}, dict([*scores.items()][:n]), size=(640, 480)) for n in (3, 4, 5)]
    assert np.array_equal(found[2], found[1])
    assert not np.array_equal(found[1], found[0])


def test_a_long_time_pushes_the_scores_aside():
    found = strip_of({}, {'b': 0.5}, time=6000.0)
    clock = written('100:00.0', 6)
    end = round(6 + font(12).getlength('100:00.0'))
    assert np.array_equal(found[:, :end], clock[:, :end])


def test_the_strip_of_a_narrow_frame_names_what_has_room():
    long = {'a_very_long_name_of_a_class': 0.9, 'b': 0.5}
    found = strip_of({}, long, size=(160, 120))
    assert np.array_equal(found, written('0:00.0', 6)[:, :160])
