import json

import pytest

from mmavl.errors import DataError
from mmavl.preparation.published import read_music_boxes, read_video_list


def test_videos_keep_their_order_and_count_once(tmp_path):
    path, duplicates = tmp_path / 'x.json', []
    path.write_text(json.dumps({'videos': {'cello': ['b', 'a', 'b']}}))
    assert read_video_list(path, duplicates) == {'cello': ['b', 'a']}
    assert [name for name, _ in duplicates] == ['b']


@pytest.mark.parametrize(
    'content', ['[]', '{}', '{"videos": {"cello": [1]}}', '{"videos": {"cello": "ab"}}', 'nothing',
    '{"videos": {"cello": ["a"], "cello": ["b"]}}', '[' * 100_000, '\udce9'],
)  # fmt: skip
def test_another_file_is_no_list_of_videos(tmp_path, content):
    (tmp_path / 'x.json').write_bytes(content.encode(errors='surrogateescape'))
    with pytest.raises(DataError, match=r'x\.json is not a list of MUSIC videos'):
        read_video_list(tmp_path / 'x.json')


@pytest.mark.parametrize('name', ['../../../escape', '/etc', '..', '', 'a\0', 'a\\b', 'x' * 300])
def test_no_class_or_id_leads_to_another_folder(tmp_path, name):
    path = tmp_path / 'x.json'
    for videos in ({name: ['abcdefghijk']}, {'cello': [name]}):
        path.write_text(json.dumps({'videos': videos}))
        with pytest.raises(DataError, match=r'x\.json.* cannot be the name of a clip or class'):
            read_video_list(path)


ITEMS = [
    {'file': 'a_001_00030', 'class': 'cello', 'bbox': [0.1, 0.2, 0.3, 0.4]},
    {
        'file': 'b_000_00000',
        'class_src1': 'flute',
        'bbox_src1': [0, 0, 1, 1],
        'class_src2': 'tuba',
        'bbox_src2': [0.5, 0.5, 0.5, 0.5],
    },
]


def test_music_boxes_are_of_one_source_or_of_two(tmp_path):
    path, duplicates = tmp_path / 'x.json', []
    path.write_text(json.dumps([*ITEMS, {**ITEMS[0], 'class': 'tuba'}]))
    assert read_music_boxes(path, duplicates) == [
        ('a_001_00030', [('cello', [0.1, 0.2, 0.3, 0.4])]),
        ('b_000_00000', [('flute', [0, 0, 1, 1]), ('tuba', [0.5, 0.5, 0.5, 0.5])]),
    ]
    assert [name for name, _ in duplicates] == ['a_001_00030']


@pytest.mark.parametrize(
    'content',
    [
        [{'class': 'cello'}],
        [{'file': 'a', 'class': 'cello'}],
        [{'file': 'a', 'class': 3, 'bbox': [0, 0, 1, 1]}],
        [{'file': 'a', 'class': 'cello', 'bbox': [0, 0, 1]}],
        [{'file': 'a', 'class': 'cello', 'bbox': [0, 0, 1, {}]}],
        [{'file': '../a', 'class': 'cello', 'bbox': [0, 0, 1, 1]}],
        [None],
        None,
        3,
    ],
)
def test_another_file_has_no_music_boxes(tmp_path, content):
    (tmp_path / 'x.json').write_text(json.dumps(content))
    with pytest.raises(DataError, match=r'x\.json'):
        read_music_boxes(tmp_path / 'x.json')
