import json
import os
import time

import pytest

from mmavl.datasets.feature_folder import other_caches, stored_features

KEYS = 'a' * 16, 'b' * 16, 'c' * 16
META = json.dumps({'backbone': 'YAMNet(\n  (0): Conv2d()\n)'}).encode()


def write(folder, name, size, idle_days):
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b'x' * size if name.endswith('.npy') else size)
    moment = time.time() - 86400 * idle_days
    os.utime(path, (moment, moment))
    return path


@pytest.fixture
def folder(tmp_path):
    """An audio cache used yesterday, an image cache of last month, one of old, and others."""
    audio, image = f'train-audio_features-{KEYS[0]}', f'val-image_features-{KEYS[1]}'
    write(tmp_path, f'{audio}/00000.npy', 1000, 50)
    write(tmp_path, f'{audio}/meta.json', META, 1)
    write(tmp_path, f'{image}/00000.npy', 3000, 30)
    write(tmp_path, f'{image}/meta.json', b'{"shape": [', 30)
    for name, days in ((audio, 50), (image, 30)):
        moment = time.time() - 86400 * days
        os.utime(tmp_path / name, (moment, moment))
    write(tmp_path, f'my-train-image_features-{KEYS[2]}.partial.npy', 500, 9)
    write(tmp_path, f'my-train-image_features-{KEYS[2]}.rows.npy', 20, 8)
    for name in ('mine.npy', 'train-audio_features-x', f'train-audio_features-{KEYS[0]}.txt'):
        (tmp_path / name).write_text('not a cache')
    return tmp_path


def test_caches_are_told_by_their_names_and_the_last_used_comes_first(folder):
    stored = stored_features(folder)
    assert [(s.split, s.features, s.key) for s in stored] == [
        ('train', 'audio_features', KEYS[0]),
        ('my-train', 'image_features', KEYS[2]),
        ('val', 'image_features', KEYS[1]),
    ]
    assert [s.idle_days for s in stored] == pytest.approx([1, 8, 30], abs=0.01)
    assert [s.backbone for s in stored] == ['YAMNet', '', '']
    assert [s.size for s in stored] == [1000 + len(META), 520, 3000 + 11]


def test_deleting_removes_all_files_of_one_cache_and_no_other(folder):
    before = set(folder.iterdir())
    stored_features(folder)[1].delete()
    gone = {path.name for path in before - set(folder.iterdir())}
    stem = f'my-train-image_features-{KEYS[2]}'
    assert gone == {f'{stem}.partial.npy', f'{stem}.rows.npy'}
    stored_features(folder)[0].delete()
    assert not (folder / f'train-audio_features-{KEYS[0]}').exists()
    assert (folder / f'train-audio_features-{KEYS[0]}.txt').exists()


def test_what_another_process_deletes_meanwhile_is_no_error(folder):
    stored = stored_features(folder)
    for item in stored_features(folder):
        item.delete()
    assert [(s.size, s.backbone) for s in stored] == [(0, '')] * 3
    assert all(s.idle_days > 1000 for s in stored)
    stored[0].delete()


def test_a_folder_that_is_not_there_holds_nothing(tmp_path):
    assert stored_features(tmp_path / 'none') == []


def test_other_caches_of_the_same_split_are_spoken_of(folder):
    used = folder / f'train-audio_features-{KEYS[2]}'
    words = other_caches(folder, [used])
    assert words.startswith('1 other caches of train take 0 MB')
    assert f'python tools/clean_cache.py {folder}' in words
    assert other_caches(folder, [folder / f'train-audio_features-{KEYS[0]}']) == ''
