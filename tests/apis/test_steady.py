import itertools

import numpy as np
import pytest

from mmavl.apis import Localization
from mmavl.apis.steady import steady_views

SILENT = ()


def window(time, *blocks, visual=1.0, kinds=None, probability=0.8):
    """A result in which Dog sounds, with a region in each block (column, columns) of ten."""
    heat = np.zeros((10, 10), np.float32)
    for start, count in blocks:
        heat[:5, start : start + count] = 1.0
    sounding = ['Dog'] if blocks else []
    return Localization(
        'x', (100, 100), time, (0.0, 1.0), {'Dog': probability}, {'Dog': visual},
        sounding, {'Dog': heat}, kinds=kinds or {},
    )  # fmt: skip


def views(*steps, rate=2.0, **fields):
    windows = (window(n / rate, *blocks, **fields) for n, blocks in enumerate(steps))
    return [view for _, view in steady_views(windows)]


LEFT, RIGHT = (0, 3), (7, 3)


def drawn(found):
    return [len(view.boxes) for view in found]


def test_a_class_that_sounds_for_a_moment_is_not_drawn():
    for steps in (1, 2):
        blip = [SILENT] * 4 + [(LEFT,)] * steps + [SILENT] * 4
        found = views(*blip)
        assert drawn(found) == [0] * len(blip)
        assert all(not view.maps and not view.scores for view in found)


def test_a_class_that_stays_is_drawn_once_it_is_in_most_of_the_windows_within_a_second():
    found = views(*[SILENT] * 4, *[(LEFT,)] * 6, *[SILENT] * 6)
    # in more than half of five windows from the window in which it begins; in less than 30 % of
    # them from the second one after its last
    assert drawn(found) == [0] * 4 + [1] * 7 + [0] * 5
    assert [bool(view.scores) for view in found] == [bool(n) for n in drawn(found)]


def test_a_short_gap_is_bridged():
    found = views(*[(LEFT,)] * 4, SILENT, *[(LEFT,)] * 3, SILENT, SILENT, *[(LEFT,)] * 4)
    assert drawn(found) == [1] * 14


def test_a_class_that_comes_and_goes_with_every_window_does_not_flicker():
    found = drawn(views(*[(LEFT,), SILENT] * 8))
    changes = sum(a != b for a, b in itertools.pairwise(found))
    assert changes <= 1
    assert sum(found) >= 12


def test_a_second_region_for_a_moment_is_no_second_box():
    steps = [(LEFT,)] * 4 + [(LEFT, RIGHT)] + [(LEFT,)] * 3 + [(RIGHT, LEFT)] * 5
    assert drawn(views(*steps)) == [1] * 8 + [2] * 5


def test_the_range_is_a_second_whatever_the_rate():
    assert drawn(views(*[SILENT] * 12, *[(LEFT,)] * 8, *[SILENT] * 12, rate=10)) == [0] * 32
    found = drawn(views(*[SILENT] * 12, *[(LEFT,)] * 14, *[SILENT] * 12, rate=10))
    assert max(found) == 1


def test_a_box_is_the_mean_of_its_boxes_within_a_second():
    # its right edge is at 0.3 and then, as the same region, at 0.5
    found = views(*[((0, 3),)] * 5, *[((0, 5),)] * 5)
    edges = [view.boxes[next(iter(view.boxes))][2] for view in found]
    assert len({key for view in found for key in view.boxes}) == 1
    assert edges[0] == pytest.approx(0.3, abs=0.03)
    assert edges[-1] == pytest.approx(0.5, abs=0.03)
    # weights 1/3, 2/3, 1, 2/3, 1/3 around each window
    share = (edges[5] - edges[0]) / (edges[-1] - edges[0])
    assert share == pytest.approx((1 + 2 / 3 + 1 / 3) / 3, abs=0.02)
    assert max(b - a for a, b in itertools.pairwise(edges)) < 0.08


def test_a_jump_to_another_place_is_another_region():
    found = views(*[(LEFT,)] * 5, *[(RIGHT,)] * 5)
    first, last = next(iter(found[0].boxes)), next(iter(found[-1].boxes))
    assert first != last
    assert [box[0] > 0.6 for box in found[-1].boxes.values()] == [True]


def test_what_is_hardly_visible_is_listed_and_not_painted():
    windows = [window(n / 2, LEFT) for n in range(3)]
    for each in windows:
        each.audio_probs['Cat'] = 0.9
        each.visual_probs['Cat'] = 0.39
        each.maps['Cat'] = each.maps['Dog']
        each.sounding.append('Cat')
    found = [view for _, view in steady_views(windows)]
    assert [view.scores for view in found] == [{'Dog': 0.8, 'Cat': 0.9}] * 3
    assert drawn(found) == [1] * 3
    assert all([*view.maps] == ['Dog'] for view in found)


def test_the_usual_finer_name_is_written():
    kinds = [{'Dog': 'Husky'}, {}, {'Dog': 'Husky'}, {'Dog': 'Pug'}, {'Dog': 'Husky'}]
    windows = [window(n / 2, LEFT, kinds=kind) for n, kind in enumerate(kinds)]
    assert [view.kinds for _, view in steady_views(windows)][2] == {'Dog': 'Husky'}
    windows = [window(n / 2, LEFT, kinds=kinds[0] if n == 2 else {}) for n in range(5)]
    assert [view.kinds for _, view in steady_views(windows)][2] == {}


def test_a_window_without_a_map_has_that_of_its_neighbour():
    windows = [window(n / 2, LEFT) for n in range(5)]
    windows[2].maps.clear()
    windows[2].sounding.clear()
    found = [view for _, view in steady_views(windows)]
    assert (found[2].maps['Dog'] == windows[1].maps['Dog']).all()
    assert drawn(found) == [1] * 5


def test_windows_are_read_only_a_second_ahead():
    taken = []

    def source():
        for number in range(100):
            taken.append(number)
            yield window(number / 2, LEFT)

    found = steady_views(source())
    for _ in range(50):
        next(found)
    assert len(taken) == 53
    assert len([*steady_views(source())]) == 100
    assert [*steady_views([])] == []
