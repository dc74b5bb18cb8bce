"""The tool as it is run; what it writes is tested in tests/engine/test_exported.py."""

import pytest
import torch

from mmavl.export.single_file import load_exported
from mmavl.registry import MODELS

CONFIG = "model = dict(type='RandomLocalizer', grid=[3, 5])\n"


@pytest.fixture
def checkpoint(tmp_path):
    (tmp_path / 'config.py').write_text(CONFIG)
    state = MODELS.build({'type': 'RandomLocalizer'}).state_dict()
    meta = {'dataset_meta': {'classes': ['Cello', 'Flute']}}
    torch.save({'meta': meta, 'state_dict': state}, tmp_path / 'epoch_1.pth')
    torch.save(state, tmp_path / 'bare.pth')


@pytest.mark.usefixtures('checkpoint')
def test_takes_the_classes_of_the_checkpoint_or_those_given(run_tool, tmp_path):
    tool = 'model_converters/export_weights.py'
    ended = run_tool(tool, 'config.py', 'epoch_1.pth', 'a.safetensors')
    assert ended.code == 0, ended.stderr
    assert 'a.safetensors: 1 tensors, classes Cello, Flute' in ended.stdout
    model = load_exported(tmp_path / 'a.safetensors')
    assert model.grid == (3, 5)
    assert model.dataset_meta == {'classes': ['Cello', 'Flute']}

    ended = run_tool(tool, 'config.py', 'bare.pth', 'b.safetensors')
    assert ended.code == 2
    assert 'bare.pth has no class names: use --classes' in ended.stderr
    ended = run_tool(tool, 'config.py', 'bare.pth', 'b.safetensors', '--classes', 'Ü b', 'c')
    assert ended.code == 0, ended.stderr
    assert load_exported(tmp_path / 'b.safetensors').dataset_meta['classes'] == ['Ü b', 'c']

    ended = run_tool(tool, 'config.py', 'epoch_1.pth', 'c.pth')
    assert ended.code == 2
    assert 'OUT must end in .safetensors' in ended.stderr
