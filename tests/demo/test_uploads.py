import os
import shutil
import time
from collections import namedtuple

import pytest

from mmavl.demo.uploads import Uploads


def put(folder, name, size, age=0.0):
    """An upload as Gradio keeps it, a folder with a file in it."""
    path = folder / name
    path.mkdir()
    (path / 'clip.mp4').write_bytes(bytes(size))
    for part in (path / 'clip.mp4', path):
        os.utime(part, (time.time() - age,) * 2)
    return path


@pytest.fixture
def uploads(tmp_path):
    put(tmp_path, 'example', 100, age=9999)
    base = sum(path.lstat().st_size for path in tmp_path.rglob('*'))
    return Uploads(tmp_path, quota=base + 10**6, age=60)


def test_the_oldest_go_first_and_only_as_many_as_needed(uploads, tmp_path):
    for name, age in (('b', 200), ('a', 300), ('c', 100)):
        put(tmp_path, name, 300_000, age)
    assert uploads.reserve(300_000)
    assert sorted(path.name for path in tmp_path.iterdir()) == ['b', 'c', 'example']


def test_what_is_young_or_was_there_at_first_stays_and_the_request_is_refused(uploads, tmp_path):
    put(tmp_path, 'young', 900_000, age=10)
    assert not uploads.reserve(300_000)
    assert sorted(path.name for path in tmp_path.iterdir()) == ['example', 'young']


def test_uploads_that_come_at_the_same_time_share_the_room(uploads):
    assert uploads.reserve(600_000)
    assert not uploads.reserve(600_000)
    uploads.release(600_000)
    assert uploads.reserve(600_000)


def test_more_than_half_of_the_free_disk_is_not_taken(uploads, monkeypatch):
    usage = namedtuple('usage', 'free')
    monkeypatch.setattr(shutil, 'disk_usage', lambda folder: usage(500_000))
    assert not uploads.reserve(300_000)
    assert uploads.reserve(200_000)


def test_files_count_and_go_like_folders(uploads, tmp_path):
    (tmp_path / 'half an upload').write_bytes(bytes(900_000))
    os.utime(tmp_path / 'half an upload', (0, 0))
    assert uploads.reserve(300_000)
    assert not (tmp_path / 'half an upload').exists()
