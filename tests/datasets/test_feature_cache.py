import errno
import os
import pickle
import time

import numpy as np
import pytest

from mmavl.datasets import feature_cache
from mmavl.datasets.feature_cache import FeatureArray, FeatureCache
from mmavl.errors import DataError

ROWS = np.arange(24, dtype=np.float32).reshape(6, 2, 2) / 7


def filled(path, rows=ROWS):
    array = FeatureArray(path)
    array.create(rows.shape)
    array.write(list(range(len(rows))), rows)
    array.sync()
    array.finish({'backbone': 'one'})
    return array


def test_rows_come_back_in_half_precision_and_only_the_finished_files_remain(tmp_path):
    array = filled(tmp_path / 'new' / 'a.npy')
    assert array.complete
    assert array.open().dtype == np.float16
    np.testing.assert_array_equal(array.open(), ROWS.astype(np.float16))
    assert sorted(p.name for p in (tmp_path / 'new').iterdir()) == ['a.json', 'a.npy']
    assert (tmp_path / 'new' / 'a.json').read_text() == '{\n "backbone": "one"\n}'


def test_the_last_use_is_noted_where_the_folder_can_be_written_to(tmp_path):
    array = filled(tmp_path / 'a.npy')
    note = tmp_path / 'a.json'
    os.utime(note, (1000, 1000))
    array.mark_used()
    assert time.time() - note.stat().st_mtime < 60
    note.unlink()
    array.mark_used()  # as on a read-only disk: no error


def test_rows_not_brought_to_the_disk_are_missing_for_the_next_run(tmp_path, monkeypatch):
    monkeypatch.setattr(feature_cache, '_SYNC_ROWS', 2)
    first = FeatureArray(tmp_path / 'a.npy')
    first.create(ROWS.shape)
    first.write([4, 0], ROWS[[4, 0]])  # two rows: brought to the disk
    first.write([1], ROWS[[1]])  # and then the power goes
    second = FeatureArray(tmp_path / 'a.npy')
    second.create(ROWS.shape)
    assert not second.complete
    assert second.missing().tolist() == [1, 2, 3, 5]
    second.write([1, 2, 3, 5], ROWS[[1, 2, 3, 5]])
    second.sync()
    second.finish({})
    np.testing.assert_array_equal(second.open(), ROWS.astype(np.float16))


def test_rows_of_another_shape_are_not_taken_over(tmp_path):
    first = FeatureArray(tmp_path / 'a.npy')
    first.create((6, 2, 2))
    first.write([0], ROWS[:1])
    first.sync()
    second = FeatureArray(tmp_path / 'a.npy')
    second.create((6, 3, 2))
    assert second.missing().tolist() == [0, 1, 2, 3, 4, 5]


def test_an_array_with_missing_rows_gets_no_name(tmp_path):
    array = FeatureArray(tmp_path / 'a.npy')
    array.create(ROWS.shape)
    array.write([0, 1], ROWS[:2])
    array.sync()
    with pytest.raises(RuntimeError, match=r'a\.partial\.npy still misses rows \[2 3 4 5\]'):
        array.finish({})
    assert not array.complete


@pytest.mark.parametrize('value', [np.inf, np.nan, 70000.0, -70000.0])
def test_a_value_that_half_precision_cannot_hold_is_refused(tmp_path, value):
    array = FeatureArray(tmp_path / 'a.npy')
    array.create((1, 2))
    with pytest.raises(ValueError, match=r'a\.npy: a feature does not fit float16'):
        array.write([0], np.array([[0.0, value]]))


def test_a_full_disk_is_an_error_at_the_start_and_leaves_nothing(tmp_path, monkeypatch):
    def full(*args):
        raise OSError(errno.ENOSPC, 'No space left on device')

    monkeypatch.setattr(os, 'posix_fallocate', full, raising=False)
    with pytest.raises(OSError, match=r'No space .* the features need 20 MB: .*a\.partial\.npy'):
        FeatureArray(tmp_path / 'a.npy').create((1000, 10000))
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(not hasattr(os, 'posix_fallocate'), reason='the system cannot reserve space')
def test_the_space_is_taken_before_the_first_row_is_written(tmp_path):
    FeatureArray(tmp_path / 'a.npy').create((100, 5000))
    assert (tmp_path / 'a.partial.npy').stat().st_blocks * 512 >= 1_000_000


def test_a_sample_has_all_modalities_and_one_that_was_unreadable_is_an_error(tmp_path):
    filled(tmp_path / 'audio.npy')
    images = FeatureArray(tmp_path / 'image.npy')
    images.create((6, 3))
    images.write([0, 1, 2, 3, 5], np.ones((5, 3)))
    images.write_bad([4])
    images.write_bad([])
    images.sync()
    images.finish({})
    cache = FeatureCache(audio_features=tmp_path / 'audio.npy', image_features=images.path)
    sample = cache.read(3)
    assert sample.keys() == {'audio_features', 'image_features'}
    np.testing.assert_array_equal(sample['audio_features'], ROWS[3].astype(np.float16))
    assert sample['image_features'].tolist() == [1, 1, 1]
    with pytest.raises(DataError, match=r'could not be read when image\.npy was filled; mend'):
        cache.read(4)


def test_another_process_gets_the_paths_and_not_the_features(tmp_path):
    filled(tmp_path / 'a.npy', np.ones((50, 1000), np.float32))
    cache = FeatureCache(audio_features=tmp_path / 'a.npy')
    cache.read(0)
    data = pickle.dumps(cache)
    assert len(data) < 1000
    assert pickle.loads(data).read(49)['audio_features'].sum() == 1000
