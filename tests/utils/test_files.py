import errno
import os
import stat
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from mmavl.utils.files import atomic_write, is_newer, remove_leftovers


def test_text_and_bytes_arrive_in_folders_made_on_the_way(tmp_path):
    with atomic_write(tmp_path / 'a/b.txt') as file:
        file.write('é\n')
    with atomic_write(tmp_path / 'a/b.bin', 'wb') as file:
        file.write(b'\x00\xff')
    assert (tmp_path / 'a/b.txt').read_bytes() == 'é\n'.encode()
    assert (tmp_path / 'a/b.bin').read_bytes() == b'\x00\xff'


def test_the_old_file_stands_until_the_block_has_ended(tmp_path):
    path = tmp_path / 'x.txt'
    path.write_text('old')
    with atomic_write(path) as file:
        file.write('new')
        file.flush()
        assert path.read_text() == 'old'
    assert path.read_text() == 'new'


def test_a_name_may_be_as_long_as_the_file_system_takes(tmp_path):
    path = tmp_path / ('三' * 85)  # 255 bytes
    with atomic_write(path) as file:
        file.write('x')
    assert path.read_text() == 'x'


def test_bytes_of_a_name_that_are_not_utf8_are_escaped_in_text(tmp_path):
    with atomic_write(tmp_path / 'x.txt') as file:
        file.write('caf\udce9 ü')
    assert (tmp_path / 'x.txt').read_text(encoding='utf-8') == r'caf\udce9 ü'


def test_another_writer_can_write_by_the_files_name(tmp_path):
    with atomic_write(tmp_path / 'x.npy', 'wb') as file:
        assert Path(file.name).parent == tmp_path
        with open(file.name, 'wb') as other:
            np.save(other, np.arange(3))
    assert np.load(tmp_path / 'x.npy').tolist() == [0, 1, 2]
    assert os.listdir(tmp_path) == ['x.npy']


def test_an_error_in_the_block_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / 'x.txt'
    path.write_text('old')
    with pytest.raises(TypeError), atomic_write(path) as file:
        file.writelines(['half', 2])
    assert path.read_text() == 'old'
    assert os.listdir(tmp_path) == ['x.txt']


@pytest.mark.parametrize('call', ['fsync', 'replace'])
def test_a_full_disk_leaves_nothing_half_written(tmp_path, monkeypatch, call):
    def full(*args, **kwargs):
        raise OSError(errno.ENOSPC, 'No space left on device')

    monkeypatch.setattr(os, call, full)
    with (
        pytest.raises(OSError, match=r"No space left on device: '.*x\.txt'$"),
        atomic_write(tmp_path / 'x.txt') as file,
    ):
        file.write('half')
    assert os.listdir(tmp_path) == []


def test_the_new_file_is_readable_by_whom_the_umask_allows(tmp_path):
    previous = os.umask(0o022)
    try:
        with atomic_write(tmp_path / 'x.txt') as file:
            file.write('x')
    finally:
        os.umask(previous)
    assert stat.S_IMODE((tmp_path / 'x.txt').stat().st_mode) == 0o644


def test_a_file_is_newer_than_those_that_are_not_there(tmp_path):
    old, new = tmp_path / 'old', tmp_path / 'new'
    old.touch()
    new.touch()
    os.utime(old, (1, 1))
    assert is_newer(new, old, None, tmp_path / 'gone')
    assert not is_newer(old, new)
    assert not is_newer(tmp_path / 'gone', old)


WRITER = """
import sys
from mmavl.utils.files import atomic_write, remove_leftovers
with atomic_write(sys.argv[1], 'wb') as file:
    file.write(bytes(5000))
    file.flush()
    print('writing', flush=True)
    sys.stdin.read()
"""


def test_temporary_files_of_killed_processes_are_deleted_and_of_running_ones_not(tmp_path):
    def start(name):
        process = subprocess.Popen(
            [sys.executable, '-c', WRITER, str(tmp_path / name)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout.readline() == 'writing\n'
        return process

    killed, running = start('killed.pth'), start('running.pth')
    killed.kill()
    killed.wait()
    for name in ('.hidden.tmp', 'epoch_1.pth', '.epoch_1.pth.abcdefgh.old', 'a.abcdefgh.tmp'):
        (tmp_path / name).write_text('somebody else wrote this')
    before = {path.name for path in tmp_path.iterdir()}
    assert remove_leftovers(tmp_path) == 5000
    (gone,) = before - {path.name for path in tmp_path.iterdir()}
    assert gone.startswith('.killed.pth.')
    running.communicate('')
    assert running.returncode == 0
    assert (tmp_path / 'running.pth').read_bytes() == bytes(5000)
    assert remove_leftovers(tmp_path) == 0
