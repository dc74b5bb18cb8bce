import errno
import multiprocessing
import os
import signal
import socket
import threading

import pytest
from filelock import FileLock

from mmavl.utils import locks
from mmavl.utils.locks import Lock, one_at_a_time

FORK = multiprocessing.get_context('fork')


@pytest.fixture
def path(tmp_path):
    return tmp_path / 'a.lock'


def hold(path, held):
    lock = Lock(path)
    assert lock.take()
    held.set()
    signal.pause()


def test_one_process_holds_it_and_is_named_to_the_others(path):
    held = FORK.Event()
    process = FORK.Process(target=hold, args=(path, held), daemon=True)
    process.start()
    held.wait(20)
    other = Lock(path)
    assert not other.take()
    assert other.holder() == f'process {process.pid} on {socket.gethostname()}'
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    assert other.take()


def test_a_child_of_the_killed_holder_does_not_keep_it(path):
    lock = Lock(path)
    assert lock.take()
    child = FORK.Process(target=signal.pause, daemon=True)
    child.start()
    lock.free()
    assert Lock(path).take()
    child.kill()
    child.join()


def test_a_freed_lock_leaves_no_file_and_can_be_taken_again(path):
    lock = Lock(path)
    for _ in range(2):
        assert lock.take()
        lock.free()
        assert not path.exists()


def test_those_who_wait_say_for_whom_once_and_come_in_one_after_the_other(path, monkeypatch):
    monkeypatch.setattr(locks, '_POLL_SECONDS', 0.01)
    first, said, order = Lock(path), [], []
    assert first.take()

    def second():
        with one_at_a_time(path, 'builds x', said.append):
            order.append('second')

    thread = threading.Thread(target=second)
    thread.start()
    while not said:
        pass
    order.append('first')
    first.free()
    thread.join()
    assert order == ['first', 'second']
    holder = f'process {os.getpid()} on {socket.gethostname()}'
    assert said == [f'{holder} builds x: waiting for it']
    assert not path.exists()


def test_other_users_of_the_folder_can_take_what_a_killed_process_left(path):
    lock = Lock(path)
    assert lock.take()
    assert path.stat().st_mode & 0o777 == 0o666  # whatever the umask


def test_an_error_inside_frees_it(path):
    with pytest.raises(KeyError), one_at_a_time(path, 'fails'):
        raise KeyError
    assert Lock(path).take()


def test_nobody_waits_in_a_folder_that_is_read_only(path, monkeypatch):
    def fail(self, blocking):
        raise OSError(errno.EROFS, 'Read-only file system', str(path))

    monkeypatch.setattr(FileLock, 'acquire', fail)
    with one_at_a_time(path, 'reads x'), one_at_a_time(path, 'reads x'):
        pass
    with pytest.raises(OSError, match='Read-only file system'):
        Lock(path).take()


def test_a_disk_without_locks_lets_everybody_in(path, monkeypatch):
    def fail(self, blocking):
        raise OSError(errno.ENOLCK, 'No locks available')

    monkeypatch.setattr(FileLock, 'acquire', fail)
    one, two = Lock(path), Lock(path)
    assert one.take()
    assert two.take()
    one.free()
    two.free()


def test_a_folder_that_cannot_be_written_to_is_named(tmp_path):
    (tmp_path / 'file').touch()
    with pytest.raises(OSError, match=str(tmp_path / 'file')):
        Lock(tmp_path / 'file' / 'a.lock').take()
