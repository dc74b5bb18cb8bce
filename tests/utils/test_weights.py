import hashlib

import pytest
import torch
from mmengine import ConfigDict
from safetensors.torch import save_file
from torch import nn

import mmavl
from mmavl.errors import CheckpointError
from mmavl.utils.weights import (
    check_sha256,
    load_by_position,
    load_tensors,
    resolve_path,
    without_sources,
)


def test_no_part_fetches_weights_but_weights_of_a_loss_stay():
    model = {
        'type': 'A',
        'init_cfg': {'type': 'Pretrained', 'checkpoint': 'a.pth'},
        'parts': [{'weights': 'pkg://a/b.pth', 'sha256': '1f', 'width': 3}, {'pretrained': True}],
        'loss': {'weights': (0.5, 2.0)},
    }
    assert without_sources(model) == {
        'type': 'A',
        'parts': [{'width': 3}, {'pretrained': False}],
        'loss': {'weights': (0.5, 2.0)},
    }
    assert model['parts'][0]['sha256'] == '1f'
    assert without_sources(ConfigDict(model)).parts[0].width == 3


def test_a_path_may_begin_at_home_or_inside_an_installed_package(tmp_path, monkeypatch):
    (tmp_path / 'w.pth').touch()
    monkeypatch.setenv('HOME', str(tmp_path))
    assert resolve_path('~/w.pth') == tmp_path / 'w.pth'
    assert resolve_path(str(tmp_path / 'w.pth')) == tmp_path / 'w.pth'
    found = resolve_path('pkg://mmavl/models/__init__.py')
    assert found.samefile(mmavl.__path__[0] + '/models/__init__.py')


@pytest.mark.parametrize(
    ('location', 'message'),
    [
        ('nowhere.pth', r"weight file not found: nowhere\.pth \(given as 'nowhere\.pth'\)"),
        ('pkg://mmavl/none.pth', r"not found: .*mmavl/none\.pth \(given as 'pkg://mmavl/none"),
        ('pkg://no_such_package/a.pth', 'is not installed. Run: pip install --no-deps no-such-p'),
        ('pkg://no_such.package/a.pth', "'no_such.package' is not installed"),
        ('pkg://json.tool/a.pth', "'json.tool' is not installed"),  # a module holds no files
    ],
)
def test_what_is_missing_is_named_with_what_to_do(location, message):
    with pytest.raises(FileNotFoundError, match=message):
        resolve_path(location)


def test_a_checksum_that_differs_names_file_and_both_sums(tmp_path):
    path = tmp_path / 'w.pth'
    path.write_bytes(b'weights')
    right = hashlib.sha256(b'weights').hexdigest()
    check_sha256(path, right)
    with pytest.raises(ValueError, match=rf'w\.pth has SHA-256 {right}, not 0{{64}}'):
        check_sha256(path, '0' * 64)


@pytest.mark.parametrize('kind', ['plain.pth', 'checkpoint.pth', 'w.safetensors'])
def test_tensors_are_read_from_every_kind_of_file(tmp_path, kind):
    state = {'a': torch.arange(3.0), 'b': torch.ones(2, 2)}
    path = tmp_path / kind
    if kind == 'w.safetensors':
        save_file(state, path)
    else:
        torch.save({'state_dict': state, 'meta': 'x'} if kind == 'checkpoint.pth' else state, path)
    read = load_tensors(str(path))
    assert read.keys() == state.keys()
    assert all(torch.equal(read[name], state[name]) for name in state)


class Trap:
    def __reduce__(self):
        return print, ('this must not run',)


def test_code_in_a_weight_file_is_not_run(tmp_path, capsys):
    torch.save({'a': Trap()}, tmp_path / 'w.pth')
    with pytest.raises(CheckpointError, match=r'w\.pth contains more than tensors'):
        load_tensors(str(tmp_path / 'w.pth'))
    assert capsys.readouterr().out == ''


def test_tensors_are_taken_in_order_whatever_their_names():
    module = nn.Linear(2, 3)
    weight, bias = torch.randn(3, 2), torch.randn(3)
    state = {'x.kernel': weight, 'x.offset': bias, 'classifier': torch.zeros(9)}
    load_by_position(module, state, 'w.pth')
    assert torch.equal(module.weight, weight)
    assert torch.equal(module.bias, bias)


def test_a_shape_that_differs_is_named_and_nothing_is_loaded():
    module = nn.Linear(2, 3)
    before = module.weight.clone()
    state = {'k': torch.zeros(3, 2), 'o': torch.zeros(4)}
    with pytest.raises(ValueError, match=r"w\.pth: tensor 'o' \(4,\) does not fit 'bias' \(3,\)"):
        load_by_position(module, state, 'w.pth')
    assert torch.equal(module.weight, before)


def test_too_few_tensors_are_refused():
    with pytest.raises(ValueError, match=r'w\.pth has 1 tensors, the model needs 2'):
        load_by_position(nn.Linear(2, 3), {'k': torch.zeros(3, 2)}, 'w.pth')
