import json
import pickle

import numpy as np
import pytest

from mmavl.errors import DataError
from mmavl.preparation.doctor.annotation import read_annotation

ENTRY = {
    'clip_id': 'a', 'audio': 'a.wav', 'frames': ['a.jpg'], 'fps': 1, 'duration': 1, 'tags': ['x'],
    'boxes': {'0': [{'bbox': [0.1, 0.2, 0.3, 0.4], 'label': 'x', 'sounding': True}]},
}  # fmt: skip


@pytest.mark.parametrize(
    ('content', 'kind', 'layout', 'ids', 'boxes'),
    [
        ([{'file': 'a', 'class': 'x', 'bbox': [0, 0, 1, 1]}], 'boxes of MUSIC', 'xywh', ['a'], 1),
        (
            [{'file': 'a', 'class_src1': 'x', 'bbox_src1': [0, 0, 1, 1], 'bbox_src2': [0] * 4}],
            'boxes of MUSIC', 'xywh', ['a'], 2,
        ),
        (
            [{'file': 'a', 'class': 'x', 'bbox': [[0, 0, 1, 1]] * 3}],
            'boxes of VGG-SS', 'xyxy', ['a'], 3,
        ),
        (
            {'images': [], 'annotations': [{'image_id': 7, 'bbox': [0, 0, 1, 1]}]},
            'COCO-like annotation', 'xywh', ['7'], 1,
        ),
        ({'metainfo': {'classes': ['x']}, 'data_list': [ENTRY]}, 'manifest', 'xywh', ['a'], 1),
    ],
)  # fmt: skip
def test_kinds_of_json(tmp_path, content, kind, layout, ids, boxes):
    path = tmp_path / 'x.json'
    path.write_text(json.dumps(content))
    found = read_annotation(path)
    assert (found.kind, found.layout, found.ids, len(found.boxes)) == (kind, layout, ids, boxes)


def test_kinds_of_lists(tmp_path):
    path = tmp_path / 'x.csv'
    path.write_text('a_000001,cello,b_000002,flute\n')
    assert read_annotation(path).pairs == [('a_000001', 'cello', 'b_000002', 'flute')]
    path.write_text('a,a,sounding\na,b,non-sounding\n')
    assert (read_annotation(path).kind, read_annotation(path).ids) == (
        'extended list', ['a+a', 'a+b'],
    )  # fmt: skip
    path.write_text('frames/a.mp4\nb.c\n\n')
    assert read_annotation(path).ids == ['a', 'b.c']


def test_annotators_of_flickr_become_shares(tmp_path):
    entry = {'visual': 'x/7.jpg', 'anno': np.array([[1, 1, 129, 257]])}
    (tmp_path / 'gtdata.pkl').write_bytes(pickle.dumps({0: entry}))
    found = read_annotation(tmp_path / 'gtdata.pkl')
    assert (found.ids, found.boxes.tolist()) == (['7'], [[0, 0, 0.5, 1]])


@pytest.mark.parametrize(
    ('name', 'content', 'message'),
    [
        ('x.json', '{"a": 1}', 'is not a manifest or a published annotation'),
        ('x.json', '[[1]]', 'is not a manifest or a published annotation'),
        ('x.json', '[{"file": "a", "bbox": [1, 2]}]', 'which is not four numbers'),
        ('x.csv', '\n', 'lists no clip'),
        ('x.npy', '', 'cannot be checked'),
    ],
)
def test_other_files_are_named(tmp_path, name, content, message):
    (tmp_path / name).write_text(content)
    with pytest.raises(DataError, match=rf'{name}.*{message}'):
        read_annotation(tmp_path / name)
