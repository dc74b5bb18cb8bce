import copy
import json
import pickle
import random
from contextlib import suppress

import numpy as np
import pytest

from mmavl.errors import DataError
from mmavl.preparation.published import read_instrument_release
from mmavl.scenes.instruments.classes import CLASSES

#: 40 clips; every third one is annotated, with the first of its two tags.
CLIPS = [f'clip{number:07d}' for number in range(40)]
TAGS = {c: {(7 * n) % 15, (7 * n + 3) % 15} for n, c in enumerate(CLIPS)}


def published():
    images = [10 * index + frame for index in range(0, 40, 3) for frame in (0, 4)]
    return {
        'categories': [{'id': i, 'name': name} for i, name in enumerate(CLASSES)],
        'images': [{'id': image} for image in images],
        'annotations': [
            {'image_id': i, 'category_id': (7 * (i // 10)) % 15, 'bbox': [0.1, 0.1, 0.2, 0.2]}
            for i in images
        ],
    }


def write(folder, content, tags):
    arrays = {c: np.array([float(i in t) for i in range(15)]) for c, t in tags.items()}
    (folder / 'val_audio.pkl').write_bytes(pickle.dumps(arrays))
    (folder / 'normav.json').write_text(json.dumps(content))
    return folder


def test_boxes_belong_to_the_sorted_clips(tmp_path):
    release = read_instrument_release(write(tmp_path, published(), dict(reversed(TAGS.items()))))
    assert len(release.boxes) == 28
    assert release.boxes[CLIPS[3], 4].tolist() == [[0.1, 0.1, 0.2, 0.2, 6]]
    assert release.duplicates == []


def test_a_clip_that_is_missing_before_any_annotated_one_is_noticed(tmp_path):
    for number in range(39):
        tags = {c: t for c, t in TAGS.items() if c != CLIPS[number]}
        with pytest.raises(DataError, match=r'normav\.json .* val_audio\.pkl'):
            read_instrument_release(write(tmp_path, published(), tags))


def test_a_clip_that_is_added_is_noticed(tmp_path):
    for number in range(39):
        tags = {**TAGS, f'clip{number:07d}+' if number else 'a': set()}
        with pytest.raises(DataError, match='one of the files is damaged'):
            read_instrument_release(write(tmp_path, published(), tags))


def test_the_number_of_released_clips_is_known(tmp_path, monkeypatch):
    module = 'mmavl.preparation.published.instruments'
    monkeypatch.setattr(f'{module}._RELEASED_FRAMES', 28)
    monkeypatch.setattr(f'{module}._RELEASED_CLIPS', 40)
    assert read_instrument_release(write(tmp_path, published(), TAGS)).boxes
    with pytest.raises(DataError, match='has 41 clips, not the 40 published ones'):
        read_instrument_release(write(tmp_path, published(), {**TAGS, 'z': set()}))


@pytest.mark.parametrize(
    ('place', 'value', 'message'),
    [
        (('annotations', 2, 'category_id'), 99, r'annotation 2 \(image 30\) has category_id 99'),
        (('annotations', 2, 'category_id'), 1.0, 'has category_id 1.0, not 0 to 14'),
        (('annotations', 2, 'image_id'), 5, 'annotation 2 has image_id 5, which is not among'),
        (('annotations', 2, 'bbox'), [1, 2, 3], r'the box \[1, 2, 3\], which is not four numbers'),
        (('annotations', 2, 'bbox'), '0.5', 'which is not four numbers'),
        (('annotations', 2, 'bbox', 0), 10**400, 'is not the published annotation'),
        (('images', 0, 'id'), '0', 'an image id is not a whole number'),
        (('images', 0, 'id'), 4000, 'annotation 0 has image_id 0'),
        (('categories', 0, 'id'), 1, 'categories must be numbered from 0'),
        (('categories', 0), None, 'is not the published annotation'),
        (('images',), {}, 'annotation 0 has image_id 0'),
        (('annotations',), None, 'is not the published annotation'),
    ],
)
def test_a_wrong_value_is_one_line_with_file_and_place(tmp_path, place, value, message):
    content = published()
    *way, last = place
    part = content
    for key in way:
        part = part[key]
    part[last] = value
    with pytest.raises(DataError, match=rf'normav\.json.*{message}') as info:
        read_instrument_release(write(tmp_path, content, TAGS))
    assert '\n' not in str(info.value)


def test_a_missing_number_stays_for_its_frame_alone(tmp_path):
    content = published()
    content['annotations'][0]['bbox'][2] = None
    boxes = read_instrument_release(write(tmp_path, content, TAGS)).boxes
    assert np.isnan(boxes[CLIPS[0], 0]).tolist() == [[False, False, True, False, False]]


def test_images_and_boxes_that_are_there_twice_are_named_and_count_once(tmp_path):
    content = published()
    content['images'].append({'id': 30})
    content['annotations'].append(copy.deepcopy(content['annotations'][0]))
    release = read_instrument_release(write(tmp_path, content, TAGS))
    assert [len(rows) for rows in release.boxes.values()] == [1] * 28
    assert [clip for clip, _ in release.duplicates] == [CLIPS[0], CLIPS[3]]
    assert 'annotation 28' in release.duplicates[0][1]


@pytest.mark.parametrize(
    'tags',
    [
        {'a/../../b': np.zeros(15)},
        {7: np.zeros(15)},
        {'a': np.zeros(14)},
        {'a': np.full(15, np.nan)},
        {'a': 'text'},
        [],
        None,
    ],
)
def test_tags_that_are_none_name_their_file(tmp_path, tags):
    write(tmp_path, published(), TAGS)
    (tmp_path / 'val_audio.pkl').write_bytes(pickle.dumps(tags))
    with pytest.raises(DataError, match=r'val_audio\.pkl'):
        read_instrument_release(tmp_path)


@pytest.mark.parametrize('name', ['normav.json', 'val_audio.pkl'])
def test_damaged_bytes_never_raise_anything_else(tmp_path, name):
    write(tmp_path, published(), TAGS)
    data, draw = (tmp_path / name).read_bytes(), random.Random(0)
    for _ in range(60):
        damaged = bytearray(data)
        for _ in range(draw.choice([1, 3, 20])):
            damaged[draw.randrange(len(data))] = draw.randrange(256)
        end = draw.choice([len(data), draw.randrange(len(data))])
        (tmp_path / name).write_bytes(damaged[:end])
        with suppress(DataError):
            read_instrument_release(tmp_path)
