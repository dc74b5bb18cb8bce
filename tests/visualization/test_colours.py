import itertools

import numpy as np
import pytest

from mmavl.visualization.colours import COLOURS, Colours, paint, text_on

CLASSES = [*'abcdefghij']
GREY = np.full((60, 80, 3), 100, np.uint8)
# upsampled linearly, a cell's value fills the 20 x 15 pixels of its corner
RIGHT = np.array([[0, 1], [0, 1]], np.float32)
LEFT = RIGHT[:, ::-1].copy()


def mixed(grey, *layers):
    """A grey value under layers of colour and cover, by the formula."""
    clear = np.prod([1 - cover for _, cover in layers])
    total = sum(cover for _, cover in layers)
    colour = sum(cover * np.array(colour) for colour, cover in layers) / total
    return np.rint(grey * clear + colour * (1 - clear)).tolist()


def painted(maps, strengths, image=GREY):
    return paint(image, maps, strengths, Colours(CLASSES))


def test_a_class_has_the_colour_of_its_number_and_keeps_it():
    colours = Colours(CLASSES)
    assert [colours[label] for label in 'gab'] == [COLOURS[n] for n in (6, 0, 1)]
    assert colours['g'] == COLOURS[6]
    assert Colours(CLASSES)['sound'] == Colours([])['sound'] == COLOURS[0]


def test_as_many_classes_as_there_are_colours_have_different_ones():
    for labels in (CLASSES[:7], CLASSES[3:], [*'ah'], ['sound', 'a', 'h']):
        colours = Colours(CLASSES)
        chosen = [colours[label] for label in labels]
        assert len({*chosen}) == len(labels)
    colours = Colours(CLASSES)
    assert [colours[label] for label in CLASSES][7:] == [*COLOURS[:3]]  # then they repeat


def test_a_class_whose_colour_is_taken_has_one_that_differs_much():
    colours = Colours(['a'] * 6 + ['blue'] + ['b'] * 6 + ['blue too'])
    assert colours['blue'] == COLOURS[6]
    first, second = np.array(COLOURS[6]), np.array(colours['blue too'])
    distances = [np.linalg.norm(first - np.array(colour)) for colour in COLOURS]
    assert np.linalg.norm(first - second) == max(distances)


@pytest.mark.parametrize('colour', COLOURS)
def test_text_on_a_colour_has_a_contrast_of_at_least_4_5(colour):
    def luminance(rgb):
        parts = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in rgb]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    low, high = sorted(luminance([v / 255 for v in rgb]) for rgb in (colour, text_on(colour)))
    assert (high + 0.05) / (low + 0.05) >= 4.5


def test_a_maximum_is_painted_by_the_strength_of_its_class():
    for strength in (1.0, 0.5):
        found = painted({'b': RIGHT}, {'b': strength})
        assert found[30, 75].tolist() == mixed(100, (COLOURS[1], 0.65 * strength))
    assert (painted({'b': RIGHT}, {'b': 0.0}) == 100).all()


def test_below_30_percent_of_the_maximum_nothing_is_painted():
    levels = np.array([[0.0, 0.29, 0.65, 1.0]], np.float32)
    found = painted({'b': np.repeat(np.repeat(levels, 60, 0), 20, 1)}, {'b': 1.0})
    assert found[30, 10].tolist() == found[30, 30].tolist() == [100] * 3
    assert found[30, 50].tolist() == mixed(100, (COLOURS[1], 0.65 * 0.5))


def test_a_strong_class_is_not_hidden_by_a_weak_one_at_the_same_place():
    found = painted({'b': RIGHT, 'e': RIGHT}, {'b': 1.0, 'e': 0.2})[30, 75]
    assert found.tolist() == mixed(100, (COLOURS[1], 0.65), (COLOURS[4], 0.13))
    to_strong, to_weak = (np.linalg.norm(found - np.array(COLOURS[n])) for n in (1, 4))
    assert to_strong < to_weak


def test_the_order_of_the_classes_does_not_matter():
    maps = {'a': RIGHT, 'c': LEFT, 'e': np.eye(2, dtype=np.float32)}
    strengths = {'a': 0.9, 'c': 0.5, 'e': 0.3}
    pictures = []
    for order in itertools.permutations(maps):
        colours = Colours(CLASSES)
        pictures.append(paint(GREY, {k: maps[k] for k in order}, strengths, colours).astype(int))
    assert max(np.abs(picture - pictures[0]).max() for picture in pictures) <= 1


def test_each_map_is_stretched_to_its_own_values_and_a_constant_one_paints_nothing():
    found = painted({'b': 3 * RIGHT, 'c': LEFT - 7}, {'b': 1.0, 'c': 1.0})
    assert found[30, 75].tolist() == mixed(100, (COLOURS[1], 0.65))
    assert found[30, 5].tolist() == mixed(100, (COLOURS[2], 0.65))
    assert (painted({'b': np.full((2, 2), 0.7, np.float32)}, {'b': 1.0}) == 100).all()


def test_the_frame_is_grey_so_that_colour_means_sound():
    image = np.zeros((60, 80, 3), np.uint8)
    image[..., 0] = 200
    grey = round(0.299 * 200)  # ITU-R BT.601
    assert (painted({}, {}, image) == grey).all()
    assert painted({'b': RIGHT}, {'b': 1.0}, image)[30, 5].tolist() == [grey] * 3
