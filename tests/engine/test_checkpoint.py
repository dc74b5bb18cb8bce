import os
import pickle

import numpy as np
import pytest
import torch
from mmengine.logging import MessageHub
from torch import nn

from mmavl.engine.checkpoint import (
    check_model_name,
    checkpoint_metainfo,
    load_checkpoint,
    load_state,
)
from mmavl.errors import CheckpointError, ConfigError


class Payload:
    """What an evil checkpoint holds: loading it makes a file."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


class NestedGetattr:
    def __reduce__(self):
        return getattr, (nn.Module, '__init__')


def test_what_mmengine_writes_comes_back(tmp_path):
    hub = MessageHub.get_instance('test_checkpoint')
    hub.update_scalar('train/loss', 1.5)
    hub.update_info('best_score', np.float32(0.25))
    content = {
        'meta': {'epoch': 3, 'dataset_meta': {'classes': ['a', 'b']}},
        'state_dict': nn.Linear(2, 2).state_dict(),
        'message_hub': hub.state_dict(),
    }
    torch.save(content, tmp_path / 'a.pth')
    loaded = load_checkpoint(tmp_path / 'a.pth')
    assert loaded['meta'] == content['meta']
    assert torch.equal(loaded['state_dict']['weight'], content['state_dict']['weight'])
    assert loaded['message_hub']['runtime_info']['best_score'] == 0.25
    history = loaded['message_hub']['log_scalars']['train/loss']
    assert (history.current(), history.mean(1)) == (1.5, 1.5)


def test_a_bare_state_dict_is_a_checkpoint_too(tmp_path):
    torch.save({'weight': torch.ones(2)}, tmp_path / 'a.pth')
    assert load_checkpoint(tmp_path / 'a.pth')['state_dict']['weight'].tolist() == [1, 1]


@pytest.mark.parametrize('payload', ['os', 'getattr'])
def test_code_in_a_checkpoint_is_refused_and_not_run(tmp_path, payload):
    evil = Payload(tmp_path / 'harm') if payload == 'os' else NestedGetattr()
    torch.save({'state_dict': {'w': torch.ones(1)}, 'x': evil}, tmp_path / 'evil.pth')
    with pytest.raises(CheckpointError, match=r'evil\.pth contains more than tensors'):
        load_checkpoint(tmp_path / 'evil.pth')
    assert not (tmp_path / 'harm').exists()


@pytest.mark.parametrize('content', [b'', b'not a checkpoint', 'truncated'])
def test_a_damaged_file_is_named(tmp_path, content):
    path = tmp_path / 'damaged.pth'
    if content == 'truncated':
        torch.save({'w': torch.ones(1000)}, path)
        content = path.read_bytes()[:2000]
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match=r'damaged\.pth'):
        load_checkpoint(path)


def test_a_checkpoint_of_something_else_is_named(tmp_path):
    torch.save([1, 2], tmp_path / 'list.pth')
    with pytest.raises(CheckpointError, match=r'list\.pth contains a list'):
        load_checkpoint(tmp_path / 'list.pth')


def test_a_missing_file_is_named_with_its_neighbours(tmp_path):
    torch.save({}, tmp_path / 'epoch_4.pth')
    with pytest.raises(FileNotFoundError, match=r'epoch_5\.pth; its folder contains epoch_4\.pth'):
        load_checkpoint(tmp_path / 'epoch_5.pth')


def net(width=3):
    return nn.Sequential(nn.Linear(2, width), nn.BatchNorm1d(width))


def test_all_tensors_arrive_also_from_a_wrapped_model():
    source, target = net(), net()
    state = {f'module.{name}': tensor for name, tensor in source.state_dict().items()}
    assert load_state(target, state, 'a.pth', strict=True) == []
    assert torch.equal(target[0].weight, source[0].weight)


def test_a_strict_load_names_every_kind_of_difference():
    state = net().state_dict()
    state['2.weight'] = state.pop('1.weight')
    state['0.bias'] = torch.ones(5)
    with pytest.raises(CheckpointError) as error:
        load_state(net(), state, 'a.pth', strict=True)
    message = str(error.value)
    assert 'a.pth belongs to another model than this config: 5 of 7 tensors fit' in message
    assert 'not in the checkpoint: 1.weight' in message
    assert 'not in the model: 2.weight' in message
    assert 'of another shape: 0.bias ([5] instead of [3])' in message


def test_a_partial_load_takes_what_fits_and_lists_the_rest():
    source, target = net(), net()
    state = source.state_dict()
    del state['1.weight']
    assert load_state(target, state, 'a.pth', strict=False) == ['not in the checkpoint: 1.weight']
    assert torch.equal(target[0].weight, source[0].weight)


def test_parts_left_out_keep_what_they_have():
    source, target = net(), net()
    before = target[0].weight.clone()
    state = {f'module.{name}': tensor for name, tensor in source.state_dict().items()}
    state['module.1.weight'] = torch.full((3,), 2.0)
    found = load_state(target, state, 'a.pth', strict=False, without=['0'])
    assert found == ['left out (load_without): 0']
    assert load_state(target, state, 'a.pth', strict=False, without='0') == found
    assert torch.equal(target[0].weight, before)
    assert target[1].weight.tolist() == [2, 2, 2]


@pytest.mark.parametrize('name', ['', '00', '0.weight', 'head'])
def test_a_part_to_be_left_out_that_is_not_there_is_named(name):
    with pytest.raises(ConfigError, match=f"load_without: '{name}' is not a part of the model"):
        load_state(net(), net().state_dict(), 'a.pth', strict=False, without=[name])


def test_nothing_in_common_is_an_error_even_then():
    with pytest.raises(CheckpointError, match='another model: none of its 1 tensors fit'):
        load_state(net(), {'x': torch.ones(1)}, 'a.pth', strict=False)


def test_long_lists_of_differences_are_cut():
    state = {f'extra{i}': torch.ones(1) for i in range(20)}
    (line,) = load_state(net(), {**net().state_dict(), **state}, 'a.pth', strict=False)
    assert line.endswith('extra11 and 8 more')


def test_batches_tracked_may_be_missing():
    state = net().state_dict()
    del state['1.num_batches_tracked']
    assert load_state(net(), state, 'a.pth', strict=True) == []


def test_pickle_itself_is_never_used(tmp_path):
    (tmp_path / 'a.pth').write_bytes(pickle.dumps(Payload(tmp_path / 'harm')))
    with pytest.raises(CheckpointError):
        load_checkpoint(tmp_path / 'a.pth')
    assert not (tmp_path / 'harm').exists()


@pytest.mark.parametrize('value', [float('nan'), float('inf')])
def test_weights_that_are_no_numbers_are_named(value):
    state = net().state_dict()
    state['1.weight'][2] = value
    with pytest.raises(CheckpointError, match=r'a\.pth has nan or inf in 1\.weight'):
        load_state(net(), state, 'a.pth', strict=True)


@pytest.mark.parametrize(
    ('meta', 'message'),
    [
        (3, 'meta.dataset_meta must be a dict, not 3'),
        ({'dataset_meta': [1]}, r'meta.dataset_meta must be a dict, not \[1\]'),
        ({'dataset_meta': {'classes': 'ab'}}, "classes must be distinct names, not 'ab'"),
        ({'dataset_meta': {'classes': ['a', 3]}}, r"must be distinct names, not \['a', 3\]"),
        ({'dataset_meta': {'classes': ['a', 'a']}}, 'must be distinct names'),
    ],
)
def test_what_a_checkpoint_says_of_its_classes_is_checked(meta, message):
    with pytest.raises(CheckpointError, match=message):
        checkpoint_metainfo({'meta': meta}, 'a.pth')


def test_classes_of_a_checkpoint():
    assert checkpoint_metainfo({}, 'a.pth') == {}
    meta = {'dataset_meta': {'classes': ('a', 'b'), 'groups': {}}}
    assert checkpoint_metainfo({'meta': meta}, 'a.pth') == {'classes': ['a', 'b'], 'groups': {}}


def test_weights_of_other_widths_are_refused_unless_they_are_left_out():
    state = net(width=3).state_dict()
    target = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(4))
    with pytest.raises(CheckpointError) as error:
        load_state(target, state, 'a.pth', strict=False)
    message = str(error.value)
    assert message.startswith('a.pth has weights of other widths than this config:')
    assert '1.weight ([3] instead of [4])' in message
    assert "load_without=['1']" in message
    assert load_state(target, state, 'a.pth', strict=False, without=['1'])
    assert torch.equal(target[0].weight, state['0.weight'])


def test_a_checkpoint_of_another_method_is_refused_though_its_tensors_fit():
    check_model_name(nn.Linear(1, 1), {'meta': {'model': 'Linear'}}, 'a.pth')
    for unnamed in ({}, {'meta': {}}, {'meta': 'mine'}):
        check_model_name(nn.Linear(1, 1), unnamed, 'a.pth')
    with pytest.raises(
        CheckpointError, match=r"a\.pth .* as 'LVS', but this config builds Linear"
    ):
        check_model_name(nn.Linear(1, 1), {'meta': {'model': 'LVS'}}, 'a.pth')


def test_a_tensor_of_the_model_itself_can_be_left_out():
    target = net()
    target.register_buffer('dictionary', torch.zeros(2))
    state = {**net().state_dict(), 'dictionary': torch.ones(5)}
    with pytest.raises(CheckpointError, match=r"load_without=\['dictionary'\]"):
        load_state(target, state, 'a.pth', strict=False)
    load_state(target, state, 'a.pth', strict=False, without=['dictionary'])
    assert target.dictionary.tolist() == [0, 0]
    assert torch.equal(target[0].weight, state['0.weight'])
