"""Files of tensors that are damaged, or made to do harm: one line, and nothing else happens."""

import collections
import io
import pickle
import struct
import zipfile

import numpy as np
import pytest
import torch

from mmavl.engine.checkpoint import load_checkpoint
from mmavl.errors import CheckpointError
from mmavl.utils.tensor_files import read_tensor_file
from mmavl.utils.weights import load_tensors


@pytest.fixture
def path(tmp_path):
    path = tmp_path / 'w.pth'
    torch.save({'state_dict': {'a': torch.arange(1000.0), 'b': torch.ones(3, 3)}}, path)
    return path


def refused(path, match):
    """Each way to a file's tensors ends in the same line."""
    for read in (read_tensor_file, load_checkpoint, load_tensors):
        with pytest.raises(CheckpointError, match=match) as error:
            read(str(path) if read is load_tensors else path)
        assert '\n' not in str(error.value)
        assert path.name in str(error.value)
        assert len(str(error.value)) < 700


def test_one_changed_bit_of_a_tensor_is_found(path):
    content = bytearray(path.read_bytes())
    place = content.index(struct.pack('<f', 500.0))
    content[place] ^= 1
    path.write_bytes(content)
    refused(path, r"is damaged: the checksum of 'w/data/0' in it is wrong")


def test_any_length_of_a_file_is_refused(path):
    content = path.read_bytes()
    for length in range(0, len(content), 97):
        path.write_bytes(content[:length])
        refused(path, r'w\.pth')


def pickled(path, payload):
    """A checkpoint whose pickle is this one; without a ``Global`` that torch refuses at once."""
    with zipfile.ZipFile(path, 'w') as archive:
        archive.writestr('w/data.pkl', payload)
        archive.writestr('w/version', '3\n')


@pytest.mark.parametrize(
    'payload',
    [
        b'',
        b'\x80\x02',
        b'\x80\x02.',  # takes from an empty stack
        b'\x80\x02h\x07.',  # a memo that is not there
        b'\x80\x02' + b']' * 10_000 + b'a' * 9_999 + b'.',
        b'\x80\x02cbuiltins\nbytearray\n\x8a\x06\x00\x00\x00\x00\x00\x10\x85R.',  # 16 TiB
        b'\x80\x02\x8a\xff' + b'\x7f' * 255 + b'.',
        b'\x80\x02ctorch._utils\n_rebuild_tensor_v2\n).'.replace(b').', b')R.'),
        b'\x80\x02cos\nsystem\nX\x04\x00\x00\x00true\x85R.',
        b'\x80\x02X\xff\xff\xff\x7fabc.',
    ],
)
def test_a_pickle_that_is_broken_or_greedy_is_refused(tmp_path, payload):
    path = tmp_path / 'w.pth'
    pickled(path, payload)
    refused(path, r'w\.pth')


def test_a_bomb_is_refused_before_it_is_unpacked(path):
    with zipfile.ZipFile(path, 'a', zipfile.ZIP_DEFLATED) as archive:
        archive.writestr('w/data/7', b'\0' * 50_000_000)
    refused(path, r'unpacks to 50,0.* bytes in')


def test_a_tensor_larger_than_its_file_is_refused(tmp_path):
    path = tmp_path / 'w.pth'
    torch.save({'a': torch.zeros(1).expand(1_000_000, 1_000_000)}, path)
    refused(path, 'its tensors would take 4,000,000,000,000')


@pytest.mark.parametrize(
    ('content', 'message'),
    [
        ({'state_dict': [1]}, "has a list as 'state_dict'"),
        ({'state_dict': {'a': 3}}, "'a' is a int, not a tensor"),
        ({'a': torch.ones(1), 'epoch': 3}, "'epoch' is a int, not a tensor"),
        ({3: torch.ones(1)}, '3 is a Tensor'),
        ({'a': torch.eye(3).to_sparse()}, "'a' is not an ordinary dense tensor"),
        ({'a': torch.empty(3, device='meta')}, "'a' is not an ordinary dense tensor"),
        (collections.Counter('ab'), "'a' is a int"),
        (torch.ones(3), 'contains a Tensor, not a state dict'),
    ],
)
def test_what_holds_no_state_dict_is_said(content, message, tmp_path):
    torch.save(content, tmp_path / 'w.pth')
    refused(tmp_path / 'w.pth', message)


@pytest.mark.parametrize(
    'header',
    [
        b'',
        b'{}' * 100,
        b'{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,17]}}',
        b'{"a":{"dtype":"F32","shape":[1099511627776],"data_offsets":[0,16]}}',
        b'{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,16]}}',
        b'{"a":{"dtype":"F32","shape":[4],"data_offsets":[16,0]}}',
        b'{"a":{"dtype":"X9","shape":[4],"data_offsets":[0,16]}}',
        b'[' * 100_000,
        b'\xff\xfe',
    ],
)
def test_a_header_of_safetensors_that_lies_is_refused(tmp_path, header):
    path = tmp_path / 'w.safetensors'
    path.write_bytes(struct.pack('<Q', len(header)) + header + b'\0' * 16)
    refused(path, r'w\.safetensors is damaged')
    path.write_bytes(struct.pack('<Q', 2**60) + header)
    refused(path, r'w\.safetensors is damaged')


def test_files_of_before_the_zip_format_are_read(tmp_path):
    path = tmp_path / 'old.pth'
    state = {'a': torch.arange(3.0)}
    torch.save(state, path, _use_new_zipfile_serialization=False)
    assert load_tensors(str(path))['a'].tolist() == [0, 1, 2]
    content = path.read_bytes()
    for length in range(0, len(content) - 1, 13):
        path.write_bytes(content[:length])
        refused(path, r'old\.pth')


def test_what_stands_next_to_a_state_dict_named_model_is_kept(tmp_path):
    torch.save({'cfg': {'layers': 3}, 'model': {'a': torch.ones(1)}}, tmp_path / 'w.pt')
    content = read_tensor_file(tmp_path / 'w.pt')
    assert content == {'cfg': {'layers': 3}, 'state_dict': {'a': torch.ones(1)}}


def test_a_plain_pickle_that_names_a_function_is_not_run(tmp_path):
    buffer = io.BytesIO()
    pickle.dump({'a': np.ones}, buffer)
    (tmp_path / 'w.pth').write_bytes(buffer.getvalue())
    refused(tmp_path / 'w.pth', r'w\.pth')
