import errno
import os

import pytest
from mmengine.fileio import get_file_backend

import mmavl.engine.atomic_backend  # noqa: F401


def test_bytes_arrive_and_missing_folders_are_made(tmp_path):
    backend = get_file_backend(backend_args={'backend': 'atomic'})
    backend.put(b'content', tmp_path / 'new/file')
    assert (tmp_path / 'new/file').read_bytes() == b'content'


def test_a_full_disk_names_the_file_the_size_and_the_way_out(tmp_path, monkeypatch):
    def full(handle):
        raise OSError(errno.ENOSPC, 'No space left on device')

    (tmp_path / 'file').write_bytes(b'old')
    monkeypatch.setattr(os, 'fsync', full)
    with pytest.raises(OSError, match=r'No space left.*2\.0 MB.*--resume.*/file') as error:
        get_file_backend(backend_args={'backend': 'atomic'}).put(
            b'x' * 2_000_000, tmp_path / 'file'
        )
    assert error.value.errno == errno.ENOSPC
    assert [p.name for p in tmp_path.iterdir()] == ['file']
    assert (tmp_path / 'file').read_bytes() == b'old'
