from pathlib import Path

import pytest

from mmavl.datasets.converters.mixtures import (
    MUSIC_MIXTURES,
    draw_mixtures,
    place_mixtures,
    read_mixtures,
    write_mixtures,
)
from mmavl.errors import DataError
from mmavl.utils.published import read_video_list

SHARED = Path(__file__).parents[4] / 'shared/data/music'


@pytest.mark.skipif(not SHARED.is_dir(), reason=f'the published lists are not at {SHARED}')
def test_the_committed_mixtures_are_those_drawn_from_the_published_list(tmp_path):
    videos = read_video_list(SHARED / 'MUSIC_solo_videos.json')
    write_mixtures(tmp_path / 'x.json', draw_mixtures({n: ids[1] for n, ids in videos.items()}))
    assert (tmp_path / 'x.json').read_bytes() == MUSIC_MIXTURES.read_bytes()


def test_mixtures_are_of_different_classes_and_every_set_of_them_is_there():
    mixtures = read_mixtures()['mixtures']
    names = [tuple(name for name, _, _ in mixture) for mixture in mixtures]
    assert all(len(set(group)) == len(group) for group in names)
    assert len([g for g in names if len(g) == 2]) == 4 * 55
    assert len({g for g in names if len(g) == 3}) == 165
    assert all(0 <= place <= 1 for mixture in mixtures for _, _, place in mixture)


def test_places_are_shares_of_what_lies_inside_the_margin():
    mixtures = {'margin': 3.0, 'mixtures': [[['a', 'x', 0.5], ['b', 'y', 0.0]], [['c', 'z', 0]]]}
    frames = [f'{index}.jpg' for index in range(160)]
    entries = [
        {'clip_id': clip, 'duration': 20.0, 'fps': 8, 'frames': frames} for clip in ('x', 'y')
    ]
    placed, missing = place_mixtures(mixtures, {'data_list': entries})
    assert missing == ['z']
    assert placed == [
        [
            {'label': 'a', 'clip_id': 'x', 'frame_index': 80, 'time': 10.0},
            {'label': 'b', 'clip_id': 'y', 'frame_index': 24, 'time': 3.0},
        ]
    ]


def test_a_file_that_is_no_list_of_mixtures_is_named(tmp_path):
    (tmp_path / 'x.json').write_text('{"mixtures": []}')
    with pytest.raises(DataError, match=r'x\.json is no list of mixtures'):
        read_mixtures(tmp_path / 'x.json')
