import numpy as np
import pytest
from safetensors.numpy import save_file

from mmavl.errors import CheckpointError
from mmavl.utils.metadata import read_metadata


def test_entries_are_read_and_missing_ones_named(tmp_path):
    path = tmp_path / 'a.safetensors'
    save_file({'x': np.zeros(2, np.float32)}, path, {'title': 'A'})
    assert read_metadata(path, ['title']) == {'title': 'A'}
    with pytest.raises(CheckpointError, match='has no classes, config in its metadata'):
        read_metadata(path, ['title', 'config', 'classes'])


def test_a_damaged_file_is_named(tmp_path):
    path = tmp_path / 'a.safetensors'
    path.write_bytes(b'\xff' * 20)
    with pytest.raises(CheckpointError, match=r'a\.safetensors is damaged'):
        read_metadata(path)
