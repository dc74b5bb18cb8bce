"""An exported graph gives in onnxruntime what the model predicts in PyTorch."""

import importlib.util
import json
import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from mmengine import Config
from mmengine.registry import init_default_scope

from mmavl.errors import ConfigError
from mmavl.export.onnx import input_sizes, onnx_difference
from mmavl.export.single_file import load_exported, save_exported
from mmavl.registry import MODELS
from mmavl.structures import AVDataSample

TOOL = Path(__file__).parents[2] / 'tools/model_converters/export_onnx.py'
SPECTROGRAM = {'type': 'LogMelSpectrogram', 'sample_rate': 8000, 'hop_length': 200}
MODEL = {
    'type': 'CoarseToFine',
    'data_preprocessor': {'type': 'AVDataPreprocessor', 'spectrogram': SPECTROGRAM},
    'audio_backbone': {'type': 'CRNN', 'channels': (4, 4, 4, 4, 6)},
    'visual_backbone': {'type': 'TimmBackbone', 'name': 'test_resnet', 'out_indices': (3,)},
    'visual_neck': {'type': 'ConvNeck', 'in_channels': 192, 'out_channels': 8},
    'avc_head': {
        'type': 'AVCHead',
        'audio_branch': {'type': 'AVCAudioBranch', 'in_channels': 6, 'channels': 8},
        'visual_branch': {'type': 'ConvNeck', 'in_channels': 192, 'out_channels': 8},
        'channels': 8,
    },
    'audio_tag_head': {'type': 'GRUTagHead', 'num_classes': 2, 'in_channels': 12, 'hidden': 5},
    'visual_tag_head': {'type': 'PooledTagHead', 'num_classes': 2, 'in_channels': 8},
    'disentangler': {'type': 'GradCAMDisentangler'},
    'alignment_head': {
        'type': 'AlignmentHead', 'in_channels': 8, 'num_classes': 2, 'peak_threshold': 0.5,
        'map_transforms': [{'type': 'ExponentialHeat', 'temperature': 2.0}],
    },
    'map_transforms': ['ConnectedToPeak'],
}  # fmt: skip
PIPELINE = [
    {'type': 'LoadFrame'},
    {'type': 'LoadAudio', 'sample_rate': 8000},
    {'type': 'Resize', 'size': (64, 80)},
    {'type': 'CropPadAudio', 'seconds': 0.5},
]


def config():
    return Config({'model': MODEL, 'test_dataloader': {'dataset': {'pipeline': PIPELINE}}})


@pytest.fixture(scope='module')
def exported(tmp_path_factory):
    """The tool's two files: safetensors in, ONNX out."""
    folder = tmp_path_factory.mktemp('onnx')
    torch.manual_seed(0)
    init_default_scope('mmavl')
    model = MODELS.build(config().model.to_dict())
    for layer in model.alignment_head.visual_projection[::2]:  # a fresh model's map is flat
        torch.nn.init.normal_(layer.weight)
    source, out = folder / 'small.safetensors', folder / 'small.onnx'
    save_exported(source, config(), model.state_dict(), ['Cello', 'Flute'])
    spec = importlib.util.spec_from_file_location('export_onnx', TOOL)
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, 'argv', ['export_onnx.py', str(source), str(out)])
        tool.main()
    return load_exported(source), out


@pytest.mark.slow
def test_maps_and_tags_are_the_models_predictions_for_batches_of_any_size(exported):
    model, path = exported
    torch.manual_seed(1)
    inputs = {'spectrogram': torch.randn(3, 1, 21, 64), 'image': torch.randn(3, 3, 64, 80)}
    samples = [AVDataSample(metainfo={'clip_id': str(i)}, gt_tags=torch.ones(2)) for i in range(3)]
    with torch.no_grad():
        model(inputs, samples, 'predict')
    session = onnxruntime.InferenceSession(path)
    maps, tags = session.run(
        ['maps', 'tags'], {name: value.numpy() for name, value in inputs.items()}
    )
    expected = np.stack([sample.pred_maps.data for sample in samples])
    assert expected.std() > 1e-4
    np.testing.assert_allclose(maps, expected, rtol=0, atol=1e-5)
    np.testing.assert_allclose(
        tags, np.stack([sample.pred_tags for sample in samples]), rtol=0, atol=1e-5
    )
    assert onnx_difference(path, model, *inputs.values()) < 1e-5


@pytest.mark.slow
def test_says_what_its_inputs_are_made_of(exported):
    proto = onnx.load(exported[1])
    said = {entry.key: json.loads(entry.value) for entry in proto.metadata_props}
    assert said['classes'] == ['Cello', 'Flute']
    assert said['preprocessor']['spectrogram'] == SPECTROGRAM


def test_input_sizes_are_those_of_the_pipeline():
    assert input_sizes(config()) == (4000, (64, 80))
    cfg = config()
    del cfg.test_dataloader.dataset.pipeline[3]
    with pytest.raises(ConfigError, match="has no 'CropPadAudio'"):
        input_sizes(cfg)
