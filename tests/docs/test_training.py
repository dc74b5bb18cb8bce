"""Every component and config that the documentation shows is trained for a few iterations."""

import re
import sys
import textwrap

import pytest
import torch
from mmengine import Config

from mmavl.engine.config import load_config
from mmavl.engine.launch import run_training
from mmavl.registry import MODELS
from mmavl.utils.weights import resolve_path

from .blocks import PAGES, ROOT, blocks_of, load

SMALL = load('small_models', ROOT / 'tests/small_models.py')
BASES = ('datasets/scenes_22k', 'schedules/adamw_onecycle', 'default_runtime')
#: A class registered on a page -> a model that uses it.
MODELS_WITH = {
    'DotProduct': {
        'type': 'DotProduct',
        'audio_backbone': {'type': 'CRNN', 'channels': (4, 4, 4, 4, 8)},
        'visual_backbone': {'type': 'TimmBackbone', 'name': 'test_resnet', 'out_indices': (3,)},
        'in_channels': 192,
        'channels': 8,
    },
    'PushBackgrounds': {
        **SMALL.LOCALIZER,
        'alignment_head': {
            **SMALL.ALIGNMENT['alignment_head'],
            'loss': {'type': 'PushBackgrounds'},
        },
    },
    'CosineMargin': {
        **SMALL.LOCALIZER,
        'alignment_head': {**SMALL.ALIGNMENT['alignment_head'], 'loss': {'type': 'CosineMargin'}},
    },
    'KeepAbove': {**SMALL.LOCALIZER, 'map_transforms': ['KeepAbove']},
    'SmoothTagLoss': {
        **SMALL.LOCALIZER,
        'tag_loss': {'type': 'SmoothTagLoss', 'smoothing': 0.2},
    },
}
SHOWN = [
    block
    for path in (*PAGES, ROOT / 'CONTRIBUTING.md')
    for block in blocks_of(path)
    if block.language == 'python'
]
COMPONENTS = {
    name: block
    for block in SHOWN
    for name in re.findall(r'register_module\(\)\s*class (\w+)', block.text)
}
#: Blocks that are whole configs of trainable models.
CONFIGS = [
    block
    for block in SHOWN
    if re.search('_base_ =|read_base', block.text) and 'real_' not in block.text
]


@pytest.fixture
def component(monkeypatch, tmp_path):
    """Makes blocks of pages the module ``my_method``; what it registers is forgotten again."""
    MODELS.import_from_location()
    before = set(MODELS.module_dict)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, 'my_method', raising=False)

    def make(blocks):
        text = '\n'.join(textwrap.dedent(block.text) for block in blocks)
        (tmp_path / 'my_method.py').write_text(f'from mmavl.registry import MODELS\n{text}')

    yield make
    sys.modules.pop('my_method', None)
    for name in set(MODELS.module_dict) - before:
        MODELS.module_dict.pop(name)


def train(cfg: Config, manifest, folder, name) -> dict[str, float]:
    """Train two iterations on four clips and validate once; returns what was logged."""
    data = {'data_root': str(manifest.parent), 'ann_file': 'test.json', 'tag_level': 'class'}
    for split in ('train', 'val', 'test'):
        loader = cfg[f'{split}_dataloader']
        loader.update(batch_size=2, num_workers=0, persistent_workers=False)
        loader.dataset.update(data)
    for head in ('audio_tag_head', 'visual_tag_head'):
        if cfg.model.get(head):
            cfg.model[head].num_classes = 2
    cfg.train_cfg.max_epochs, cfg.work_dir, cfg.load_from = 1, str(folder), None
    cfg.default_hooks.logger.interval = 1
    cfg.experiment_name = name
    runner = run_training(cfg)
    assert runner.iter == 2
    scalars = runner.message_hub.log_scalars
    return {key: float(value.current()) for key, value in scalars.items()}


def preprocessed(model: dict) -> dict:
    return {
        'data_preprocessor': {
            'type': 'AVDataPreprocessor',
            'spectrogram': {'type': 'LogMelSpectrogram'},
        },
        **model,
    }


def check(logged: dict[str, float]) -> None:
    losses = {key: value for key, value in logged.items() if key.startswith('train/loss')}
    assert losses
    assert all(torch.tensor([*losses.values()]).isfinite())
    assert any(value > 0 for value in losses.values())
    assert any(key.startswith('val/') for key in logged)


def test_each_component_that_a_page_shows_has_a_model_here():
    assert set(COMPONENTS) == set(MODELS_WITH)
    assert len(CONFIGS) >= 2


@pytest.mark.parametrize('name', MODELS_WITH)
def test_a_component_is_trained(name, component, tiny_manifest, tmp_path):
    component([COMPONENTS[name]])
    bases = [f'mmavl::_base_/{base}.py' for base in BASES]
    text = f"_base_ = {bases}\ncustom_imports = dict(imports=['my_method'])"
    (tmp_path / 'own.py').write_text(text)
    cfg = load_config(tmp_path / 'own.py')
    cfg.model = preprocessed(MODELS_WITH[name])
    check(train(cfg, tiny_manifest, tmp_path, f'component {name}'))


def without_missing_weights(model: dict) -> None:
    """Backbones start from random weights where their packages are not installed."""
    for key in ('audio_backbone', 'visual_backbone'):
        part = model[key].get('backbone', model[key])
        try:
            resolve_path(part.get('weights') or __file__)
        except FileNotFoundError:
            part.weights = None


@pytest.mark.parametrize('block', CONFIGS, ids=lambda block: f'{block.page}:{block.line}')
def test_a_config_is_trained(block, component, tiny_manifest, tmp_path):
    component([own for own in COMPONENTS.values() if own.page == block.page])
    (tmp_path / 'own.py').write_text(block.text)
    cfg = load_config(tmp_path / 'own.py')
    without_missing_weights(cfg.model)
    check(train(cfg, tiny_manifest, tmp_path, f'config {block.page}:{block.line}'))
