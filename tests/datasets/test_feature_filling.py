import errno
import multiprocessing
import os
import shutil
import signal
import time
from types import SimpleNamespace

import numpy as np
import pytest

from mmavl.datasets import feature_cache, feature_filling
from mmavl.datasets.feature_cache import FeatureArray
from mmavl.datasets.feature_filling import fill
from mmavl.errors import DataError

FORK = multiprocessing.get_context('fork')
N = 14  # four chunks of four rows
SHAPE = (N, 2)
WANTED = np.stack([np.arange(N), np.arange(N) + 0.5], 1).astype(np.float16)


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setattr(feature_cache, 'CHUNK', 4)
    monkeypatch.setattr(feature_filling, '_POLL_SECONDS', 0.01)


@pytest.fixture
def log(monkeypatch):
    lines = []
    monkeypatch.setattr(feature_filling, 'print_log', lambda text, *args: lines.append(text))
    return lines


class Samples:
    """Numbers; those that are bad raise."""

    def __init__(self, bad=()):
        self.bad = bad

    def __len__(self):
        return N

    def __getitem__(self, index):
        if index in self.bad:
            raise DataError(f'clip {index} is broken')
        return index


class Backbone:
    """Gives the number and the number and a half; remembers what it was asked."""

    def __init__(self, before=lambda samples: None):
        self.seen = []
        self.before = before

    def __call__(self, samples, arrays):
        self.before(samples)
        self.seen += samples
        rows = np.stack([np.array(samples), np.array(samples) + 0.5], 1)
        return [rows.astype(np.float32)] * len(arrays)


def array(path):
    made = FeatureArray(path)
    made.create(SHAPE, {})
    return made


def run(path, backbone=None, bad=(), **options):
    backbone = backbone or Backbone()
    options = {'batch_size': 2, 'workers': 0, 'title': 'features', 'show': False} | options
    reasons = fill([array(path)], Samples(bad), backbone, **options)
    return backbone.seen, reasons


def test_every_row_is_computed_once_and_comes_back(tmp_path):
    seen, reasons = run(tmp_path / 'a', workers=2)
    assert (seen, reasons) == (list(range(N)), {})
    np.testing.assert_array_equal(array(tmp_path / 'a').read_all(), WANTED)
    assert run(tmp_path / 'a')[0] == []
    assert not list(tmp_path.rglob('*.lock'))


def test_what_is_done_is_kept_when_a_run_is_interrupted(tmp_path):
    def interrupt(samples):
        if 6 in samples:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / 'a', Backbone(interrupt))
    assert run(tmp_path / 'a')[0] == list(range(6, N))
    np.testing.assert_array_equal(array(tmp_path / 'a').read_all(), WANTED)


def fill_and_count(path, start, counts, number, pause):
    backbone = Backbone(lambda samples: time.sleep(pause))
    start.wait(20)
    run(path, backbone, workers=1)
    for row in backbone.seen:
        counts[row] += 1
    rows = FeatureArray(path).read_all()
    os._exit(0 if np.array_equal(rows, WANTED) else 1)


def test_three_processes_started_together_share_the_work_and_all_end_well(tmp_path):
    start, counts = FORK.Barrier(3), FORK.Array('i', N)
    processes = [
        FORK.Process(target=fill_and_count, args=(tmp_path / 'a', start, counts, i, 0.02))
        for i in range(3)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join(30)
        process.kill()
    assert [process.exitcode for process in processes] == [0, 0, 0]
    assert list(counts) == [1] * N
    assert not list(tmp_path.rglob('*.lock'))


def hang_at_row_six(path, reached):
    def hang(samples):
        if 6 in samples:
            reached.set()
            signal.pause()

    run(path, Backbone(hang), workers=1)


@pytest.fixture
def holder(tmp_path):
    """A process at work on the second chunk, rows 4 to 7."""
    reached = FORK.Event()
    process = FORK.Process(target=hang_at_row_six, args=(tmp_path / 'a', reached))
    process.start()
    assert reached.wait(20)
    yield process
    process.kill()
    process.join()


def test_the_chunk_of_a_killed_process_is_computed_by_the_next_and_its_others_stay(
    tmp_path, holder
):
    os.kill(holder.pid, signal.SIGKILL)
    holder.join()
    seen, _ = run(tmp_path / 'a')
    assert seen == list(range(4, N))
    np.testing.assert_array_equal(array(tmp_path / 'a').read_all(), WANTED)
    assert not [path for path in tmp_path.rglob('*') if path.suffix in ('.lock', '.tmp')]


def test_who_waits_for_a_process_names_it_and_takes_over_when_it_is_killed(
    tmp_path, holder, monkeypatch, log
):
    def kill_when_it_is_named(seconds):
        if log:
            os.kill(holder.pid, signal.SIGKILL)
            holder.join()

    monkeypatch.setattr(feature_filling.time, 'sleep', kill_when_it_is_named)
    seen, _ = run(tmp_path / 'a')
    (line,) = log
    assert line.startswith(f'features: process {holder.pid} on ')
    assert line.endswith('is computing the rest: waiting for it')
    # the holder may have claimed the third chunk already, and loads for it ahead
    assert seen[-4:] == [4, 5, 6, 7] or seen[-8:] == list(range(4, 12))
    np.testing.assert_array_equal(array(tmp_path / 'a').read_all(), WANTED)


def test_who_waits_can_be_interrupted_and_leaves_the_holder_alone(tmp_path, holder, monkeypatch):
    def interrupt(seconds):
        raise KeyboardInterrupt

    monkeypatch.setattr(feature_filling.time, 'sleep', interrupt)
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / 'a')
    assert holder.is_alive()
    assert FeatureArray(tmp_path / 'a').chunks()[0] >= {1}


def test_bad_samples_are_named_and_tried_again_by_the_next_run(tmp_path, log):
    seen, reasons = run(tmp_path / 'a', bad=[3, 9])
    assert seen == [row for row in range(N) if row not in (3, 9)]
    assert reasons == {3: 'clip 3 is broken', 9: 'clip 9 is broken'}
    assert log == ['features: clip 3 is broken', 'features: clip 9 is broken']
    assert np.isnan(array(tmp_path / 'a').read(3)).all()
    assert run(tmp_path / 'a', bad=[9]) == ([3], {9: 'clip 9 is broken'})
    assert run(tmp_path / 'a') == ([9], {})
    np.testing.assert_array_equal(array(tmp_path / 'a').read_all(), WANTED)


def test_a_split_without_a_good_sample_ends(tmp_path, log):
    seen, reasons = run(tmp_path / 'a', bad=range(N))
    assert (seen, len(reasons)) == ([], N)


def test_a_bad_sample_stops_where_every_sample_counts(tmp_path):
    with pytest.raises(DataError, match=r'^clip 6 is broken$'):
        run(tmp_path / 'a', bad=[6], strict=True)
    assert run(tmp_path / 'a')[0] == list(range(6, N))


def test_a_sample_that_the_model_refuses_is_that_samples_failure(tmp_path, log):
    def refuse(samples):
        if samples == [2]:
            raise DataError('too short')

    assert run(tmp_path / 'a', Backbone(refuse), batch_size=1)[1] == {2: 'too short'}


@pytest.mark.parametrize('value', [np.inf, np.nan, 70000.0, -70000.0])
def test_features_that_half_precision_cannot_hold_are_the_samples_failure(tmp_path, log, value):
    class Overflowing(Backbone):
        def __call__(self, samples, arrays):
            (rows,) = super().__call__(samples, arrays)
            rows[np.array(samples) == 5, 1] = value
            return [rows]

    _, reasons = run(tmp_path / 'a', Overflowing())
    assert list(reasons) == [5]
    assert 'the features of sample 5 overflow float16' in reasons[5]
    assert np.isnan(array(tmp_path / 'a').read(5)).all()


def test_arrays_that_share_samples_are_filled_together_and_what_is_there_is_kept(tmp_path):
    run(tmp_path / 'a')
    backbone = Backbone()
    arrays = [array(tmp_path / 'a'), array(tmp_path / 'b')]
    fill(arrays, Samples(), backbone, 2, 0, 'features', show=False)
    assert backbone.seen == list(range(N))
    np.testing.assert_array_equal(arrays[1].read_all(), WANTED)


def test_a_disk_without_room_for_all_arrays_is_an_error_before_the_first_row(
    tmp_path, monkeypatch
):
    room = 2 * 4 * N - 1  # two arrays of two numbers, each of two bytes
    monkeypatch.setattr(shutil, 'disk_usage', lambda path: SimpleNamespace(free=room))
    backbone = Backbone()
    arrays = [array(tmp_path / name) for name in 'ab']
    with pytest.raises(OSError, match='not enough disk space: the features need') as error:
        fill(arrays, Samples(), backbone, 2, 0, 'features', show=False)
    assert error.value.errno == errno.ENOSPC
    assert backbone.seen == []
    room += 1
    fill(arrays, Samples(), backbone, 2, 0, 'features', show=False)
    assert backbone.seen == list(range(N))


def test_a_disk_that_becomes_full_is_an_error_and_leaves_no_half_file(tmp_path, monkeypatch):
    write = FeatureArray.write

    def full(self, chunk, values):
        if chunk == 2 and self.path.name == 'b':
            raise OSError(errno.ENOSPC, 'No space left on device', '00002.npy')
        write(self, chunk, values)

    monkeypatch.setattr(FeatureArray, 'write', full)
    arrays = [array(tmp_path / name) for name in 'ab']
    with pytest.raises(OSError, match='No space left on device'):
        fill(arrays, Samples(), Backbone(), 2, 0, 'features', show=False)
    monkeypatch.undo()
    monkeypatch.setattr(feature_cache, 'CHUNK', 4)
    assert not [path for path in tmp_path.rglob('*') if path.suffix in ('.lock', '.tmp')]
    assert run(tmp_path / 'a')[0] == list(range(12, N))
    assert run(tmp_path / 'b')[0] == list(range(8, N))
