from pathlib import Path

import pytest

from mmavl.datasets.mixture_list import read_mixtures
from mmavl.preparation.converters.mixtures import (
    MUSIC_MIXTURES,
    TEST_REPEATS,
    draw_mixtures,
    present_mixtures,
)
from mmavl.preparation.published import read_video_list

SHARED = Path(__file__).parents[4] / 'shared/data/music'


@pytest.mark.skipif(not SHARED.is_dir(), reason=f'the published lists are not at {SHARED}')
def test_the_committed_mixtures_are_those_drawn_from_the_published_list():
    videos = read_video_list(SHARED / 'MUSIC_solo_videos.json')
    drawn = draw_mixtures({name: ids[1] for name, ids in videos.items()}, TEST_REPEATS)
    assert read_mixtures(MUSIC_MIXTURES) == drawn


def test_mixtures_are_of_different_classes_and_every_set_of_them_is_there():
    mixtures = read_mixtures(MUSIC_MIXTURES)
    names = [tuple(name for _, name, _ in mixture) for mixture in mixtures]
    assert all(len(set(group)) == len(group) for group in names)
    assert len([g for g in names if len(g) == 2]) == 4 * 55
    assert len({g for g in names if len(g) == 3}) == 165
    assert all(0 <= place <= 1 for mixture in mixtures for _, _, place in mixture)


def test_mixtures_with_a_missing_video_are_left_out():
    mixtures = [[('x', 'a', 0.5), ('y', 'b', 0.0)], [('z', 'c', 0.0), ('x', 'a', 0.1)]]
    assert present_mixtures(mixtures, {'x', 'y'}) == (mixtures[:1], ['z'])
