import os
import pickle
import time

import numpy as np
import pytest

from mmavl.datasets import feature_cache
from mmavl.datasets.feature_cache import FeatureArray, FeatureCache, FeatureSubset
from mmavl.errors import DataError

ROWS = np.arange(24, dtype=np.float32).reshape(6, 2, 2) / 7


@pytest.fixture(autouse=True)
def chunks_of_four_rows(monkeypatch):
    monkeypatch.setattr(feature_cache, 'CHUNK', 4)


def filled(path, rows=ROWS, bad=()):
    """An array of these rows; ``bad`` ones are missing."""
    array = FeatureArray(path)
    array.create(rows.shape, {'backbone': 'one'})
    for chunk in sorted(set().union(*array.chunks())):
        values = array.claim(chunk)
        for place, row in enumerate(array.rows(chunk)):
            if row not in bad:
                values[place] = rows[row]
        array.write(chunk, values)
        array.free(chunk)
    return array


def names(array):
    return sorted(path.name for path in array.path.iterdir())


def test_rows_come_back_in_half_precision_to_another_process_too(tmp_path):
    filled(tmp_path / 'new' / 'a')
    array = FeatureArray(tmp_path / 'new' / 'a')
    assert array.shape == (6, 2, 2)
    assert array.chunks() == (set(), set())
    assert array.read(5).dtype == np.float16
    np.testing.assert_array_equal(array.read_all(), ROWS.astype(np.float16))
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(array)).read(4), array.read(4))
    assert names(array) == ['00000.npy', '00001.npy', 'meta.json']
    np.testing.assert_array_equal(np.load(array.path / '00001.npy'), ROWS[4:].astype(np.float16))


def test_nothing_is_there_before_it_is_created(tmp_path):
    assert FeatureArray(tmp_path / 'a').shape is None
    (tmp_path / 'a').mkdir()
    (tmp_path / 'a' / 'meta.json').write_text('{"shape": [6')
    assert FeatureArray(tmp_path / 'a').shape is None


def test_a_claimed_chunk_is_nobody_elses_until_it_is_free(tmp_path):
    one, two = FeatureArray(tmp_path / 'a'), FeatureArray(tmp_path / 'a')
    one.create(ROWS.shape, {})
    assert np.isnan(one.claim(0)).all()
    assert two.claim(0) is None
    assert two.claim(1).shape == (2, 2, 2)
    assert one.claim(1) is None
    one.free(0)
    assert two.claim(0) is not None


def test_a_chunk_that_another_process_completed_meanwhile_is_not_claimed(tmp_path):
    late = FeatureArray(tmp_path / 'a')
    late.create(ROWS.shape, {})
    missing, _ = late.chunks()
    filled(tmp_path / 'a')
    assert [late.claim(chunk) for chunk in missing] == [None, None]
    assert not list(tmp_path.rglob('*.lock'))


def test_missing_rows_are_claimed_again_and_the_others_stay(tmp_path):
    array = filled(tmp_path / 'a', bad=[1])
    assert array.chunks() == (set(), {0})
    assert np.isnan(array.read(1)).all()
    values = array.claim(0)
    assert np.flatnonzero(np.isnan(values[:, 0, 0])).tolist() == [1]
    values[1] = ROWS[1]
    array.write(0, values)
    array.free(0)
    assert array.chunks() == (set(), set())
    assert names(array) == ['00000.npy', '00001.npy', 'meta.json']
    np.testing.assert_array_equal(array.read_all(), ROWS.astype(np.float16))


def test_a_reader_in_between_finds_the_old_rows_or_the_new(tmp_path):
    array = filled(tmp_path / 'a', bad=[1])
    reader = FeatureArray(tmp_path / 'a')
    assert reader.shape
    values = array.claim(0)
    values[1] = ROWS[1]
    array.write(0, values)  # both files were there for a moment
    assert np.isfinite(reader.read(1)).all()
    assert reader.read(0).tolist() == array.read(0).tolist()


@pytest.mark.parametrize('size', [0, 100, 130, 1000])
def test_a_file_of_the_wrong_size_is_computed_again(tmp_path, size):
    array = filled(tmp_path / 'a')
    data = (array.path / '00000.npy').read_bytes()
    (array.path / '00000.npy').write_bytes(data.ljust(size, b'x')[:size])
    fresh = FeatureArray(array.path)
    assert fresh.chunks() == ({0}, set())
    assert np.isnan(fresh.claim(0)).all()


def test_a_foreign_file_of_the_right_size_is_named_and_not_read(tmp_path):
    array = filled(tmp_path / 'a')
    path = array.path / '00000.npy'
    path.write_bytes(b'x' * path.stat().st_size)
    with pytest.raises(DataError, match=r'a/00000\.npy is damaged.*delete it and restart'):
        array.read(2)
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(DataError, match=r'a/00000\.npy is damaged'):
        array.read(2)


def test_a_cache_deleted_while_it_is_used_is_named(tmp_path):
    array = filled(tmp_path / 'a')
    (array.path / '00001.npy').unlink()
    assert np.isfinite(array.read(3)).all()
    with pytest.raises(DataError, match=r'a/00001\.npy is missing: if the cache was deleted'):
        array.read(4)


def test_the_last_use_is_noted_where_the_folder_can_be_written_to(tmp_path):
    array = filled(tmp_path / 'a')
    note = tmp_path / 'a' / 'meta.json'
    os.utime(note, (1000, 1000))
    array.mark_used()
    assert time.time() - note.stat().st_mtime < 60
    note.unlink()
    array.mark_used()  # as on a read-only disk: no error


def test_a_sample_has_all_modalities_and_one_that_was_unreadable_says_why(tmp_path):
    audio = filled(tmp_path / 'audio')
    image = filled(tmp_path / 'image', np.ones((6, 3), np.float32), bad=[4, 5])
    reasons = {4: 'clip4.jpg is empty'}
    cache = FeatureCache(reasons, audio_features=audio, image_features=image)
    sample = cache.read(3)
    assert sample.keys() == {'audio_features', 'image_features'}
    np.testing.assert_array_equal(sample['audio_features'], ROWS[3].astype(np.float16))
    assert sample['image_features'].tolist() == [1, 1, 1]
    with pytest.raises(DataError, match=r'clip4\.jpg is empty \(when image was filled; the next'):
        cache.read(4)
    with pytest.raises(DataError, match=r'its media could not be read \(when image was filled'):
        cache.read(5)


def test_a_row_read_while_another_process_completed_it_is_no_error(tmp_path):
    array = filled(tmp_path / 'a', bad=[1])
    cache = FeatureCache({1: 'could not be read'}, audio_features=array)
    filled(tmp_path / 'a')
    np.testing.assert_array_equal(cache.read(1)['audio_features'], ROWS[1].astype(np.float16))


def test_another_process_gets_the_paths_and_not_the_features(tmp_path):
    array = filled(tmp_path / 'a', np.ones((50, 1000), np.float32))
    cache = FeatureCache(audio_features=array)
    cache.read(0)
    data = pickle.dumps(cache)
    assert len(data) < 2000
    assert pickle.loads(data).read(49)['audio_features'].sum() == 1000


@pytest.mark.parametrize(('indices', 'rows'), [([3, 0], [3, 0]), (2, [0, 1]), (-2, [4, 5])])
def test_a_subset_reads_the_rows_of_its_own_samples(tmp_path, indices, rows):
    subset = FeatureSubset(FeatureCache(a=filled(tmp_path / 'a')), indices, 6)
    for place, row in enumerate(rows):
        np.testing.assert_array_equal(subset.read(place)['a'], ROWS[row].astype(np.float16))
