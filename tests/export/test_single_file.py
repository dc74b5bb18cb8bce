"""An exported file is a whole model: alone, it gives the predictions of the trained one."""

import json
import shutil
from pathlib import Path

import pytest
import torch
from mmengine import Config
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from mmavl.engine.checkpoint import load_checkpoint
from mmavl.engine.embedded_config import inference_parts
from mmavl.errors import CheckpointError, ConfigError
from mmavl.export.single_file import _plain, load_exported, save_exported
from mmavl.registry import MODELS
from mmavl.structures import AVDataSample
from mmavl.utils.weights import without_sources

CONFIGS = Path(__file__).parents[2] / 'configs'
CLASSES = ['Cello', 'Flute', 'Piano']


@pytest.fixture(scope='module')
def trained(tmp_path_factory):
    """A small localizer whose backbone was read from a file, and the folder with that file."""
    folder = tmp_path_factory.mktemp('trained')
    net = {'name': 'resnet10t', 'out_indices': (3, 4)}
    pretrained = MODELS.build({'type': 'TimmBackbone', **net}).net
    torch.save(pretrained.state_dict(), folder / 'pretrained.pth')
    torch.manual_seed(0)
    cfg = Config(
        {
            'work_dir': '/home/someone/work',
            'load_from': 'stage1.pth',
            'load_without': ('avc_head',),
            'custom_imports': {'imports': ['mmavl.models']},
            'test_dataloader': {'dataset': {'pipeline': [{'type': 'LoadFrame'}]}},
            'model': {
                'type': MODELS.get('CoarseToFine'),
                'audio_backbone': {'type': 'CRNN', 'channels': (4, 4, 4, 4, 6)},
                'visual_backbone': {
                    'type': 'CachedBackbone',
                    'backbone': {
                        'type': 'TimmBackbone',
                        **net,
                        'out_indices': (3,),
                        'weights': str(folder / 'pretrained.pth'),
                    },
                },
                'visual_neck': {'type': 'ConvNeck', 'in_channels': 256, 'out_channels': 8},
                'avc_head': {
                    'type': 'AVCHead',
                    'audio_branch': {'type': 'AVCAudioBranch', 'in_channels': 6, 'channels': 8},
                    'visual_branch': {'type': 'ConvNeck', 'in_channels': 256, 'out_channels': 8},
                    'channels': 8,
                },
                'audio_tag_head': {
                    'type': 'GRUTagHead', 'num_classes': 3, 'in_channels': 12, 'hidden': 5,
                },
                'visual_tag_head': {'type': 'PooledTagHead', 'num_classes': 3, 'in_channels': 8},
                'disentangler': {'type': 'GradCAMDisentangler'},
                'alignment_head': {'type': 'AlignmentHead', 'in_channels': 8},
            },
        }
    )  # fmt: skip
    return folder, cfg, MODELS.build(cfg.model.to_dict()).eval()


@pytest.fixture
def exported(trained, tmp_path):
    _, cfg, model = trained
    path = tmp_path / 'out/model.safetensors'
    save_exported(path, cfg, model.state_dict(), CLASSES)
    return path


def predictions(model):
    torch.manual_seed(3)
    inputs = {'image': torch.randn(2, 3, 64, 64), 'spectrogram': torch.randn(2, 1, 32, 64)}
    samples = [AVDataSample(metainfo={'clip_id': str(i)}, gt_tags=torch.ones(3)) for i in (0, 1)]
    with torch.no_grad():
        samples = model(inputs, samples, 'predict')
    return torch.stack([s.pred_maps.data for s in samples]), samples[0].pred_tags


def test_predicts_the_same_where_the_pretrained_file_is_gone(trained, exported):
    folder, _, model = trained
    expected = predictions(model)
    moved = exported.parent / 'elsewhere.pth'
    shutil.move(folder / 'pretrained.pth', moved)
    try:
        loaded = load_exported(exported)
    finally:
        shutil.move(moved, folder / 'pretrained.pth')
    assert not loaded.training
    for found, value in zip(predictions(loaded), expected, strict=True):
        assert torch.equal(found, value)


def test_gives_the_config_and_the_classes_but_nothing_of_the_machine(exported):
    model = load_exported(exported)
    assert model.dataset_meta == {'classes': CLASSES}
    assert model.cfg.test_dataloader.dataset.pipeline == [{'type': 'LoadFrame'}]
    assert model.cfg.model.audio_backbone == {'type': 'CRNN', 'channels': [4, 4, 4, 4, 6]}
    with safe_open(exported, 'pt') as file:
        text = json.dumps(file.metadata())
    for word in ('/home', 'stage1.pth', 'load_without', 'pretrained.pth'):
        assert word not in text


def test_its_tensors_serve_wherever_a_checkpoint_does(trained, exported):
    own = trained[2].state_dict()
    read = load_checkpoint(exported)['state_dict']
    assert read.keys() == own.keys()
    assert all(torch.equal(read[name], own[name]) for name in own)


# those of pretrained networks alone name label lists; there is nothing trained to export
OTHERS = {'_base_', 'detection', 'peers', 'pseudo_labels'}
TRAINED = [
    path
    for path in sorted(CONFIGS.rglob('*.py'), key=lambda path: path.name)
    if 'real_' not in path.stem + '_' and not OTHERS & {*path.parts}
]


@pytest.mark.parametrize('path', TRAINED, ids=lambda p: p.stem)
def test_no_config_leaves_a_source_of_weights_in_the_file(path):
    content = _plain(Config.fromfile(path).to_dict())
    content['model'] = without_sources(content['model'])
    kept = inference_parts(content, path.name)
    assert [step['type'] for step in kept['test_dataloader']['dataset']['pipeline']]
    text = json.dumps(kept)
    for word in ('pkg://', 'http', '.pth', '.zip', '.onnx', '"pretrained": true'):
        assert word not in text


def rewrite(path, **changes):
    """Change an exported file's metadata; None takes an entry out."""
    with safe_open(path, 'pt') as file:
        metadata = {**file.metadata(), **changes}
    metadata = {k: v for k, v in metadata.items() if v is not None}
    save_file(load_file(path), path, metadata)


def test_code_that_a_file_names_is_not_run(exported, tmp_path):
    with safe_open(exported, 'pt') as file:
        config = json.loads(file.metadata()['config'])
    victim = tmp_path / 'ran'
    config['model']['tag_loss'] = {'type': 'pathlib.Path.touch', 'self': str(victim)}
    rewrite(exported, config=json.dumps(config))
    with pytest.raises(CheckpointError, match=r"unknown component 'pathlib\.Path\.touch'"):
        load_exported(exported)
    assert not victim.exists()


@pytest.mark.parametrize(
    ('changes', 'message'),
    [
        ({'config': None}, 'no config in its metadata, only weights'),
        ({'format_version': '9'}, 'has format 9, but this mmavl .* reads formats up to 1'),
        ({'config': '{'}, 'damaged metadata'),
        ({'classes': ''}, 'damaged metadata'),
    ],
)
def test_a_file_that_is_not_understood_is_refused(changes, message, exported):
    rewrite(exported, **changes)
    with pytest.raises(CheckpointError, match=message):
        load_exported(exported)


def test_a_damaged_file_is_named(exported):
    exported.write_bytes(exported.read_bytes()[:1000])
    for load in (load_exported, load_checkpoint):
        with pytest.raises(CheckpointError, match=r'model\.safetensors is damaged'):
            load(exported)


def test_other_weights_or_too_few_classes_are_refused_before_anything_is_written(
    trained, tmp_path
):
    _, cfg, model = trained
    path = tmp_path / 'model.safetensors'
    with pytest.raises(ConfigError, match='has 3 classes, but 2 are named'):
        save_exported(path, cfg, model.state_dict(), CLASSES[:2])
    state = model.state_dict()
    del state['visual_backbone.backbone.net.conv1.0.weight']
    with pytest.raises(CheckpointError, match=r'conv1\.0\.weight'):
        save_exported(path, cfg, state, CLASSES)
    assert not path.exists()
