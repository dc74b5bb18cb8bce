"""The tools around pseudo-labels, with ONNX teachers small enough to be written here."""

import json
import runpy
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
from mmengine.config import Config
from onnx import TensorProto, helper

from mmavl.datasets.manifest import read_manifest
from mmavl.models.label_groups import TableGroups
from mmavl.utils.label_lists import read_labels

pytest.importorskip('onnxruntime')
ROOT = Path(__file__).parents[2]


def mean_over(path, axes, shape, outputs):
    """An ONNX file that gives the mean over axes."""
    node = helper.make_node('ReduceMean', ['x'], ['y'], axes=axes, keepdims=0)
    ends = [
        helper.make_tensor_value_info('x', TensorProto.FLOAT, shape),
        helper.make_tensor_value_info('y', TensorProto.FLOAT, outputs),
    ]
    graph = helper.make_graph([node], 'toy', ends[:1], ends[1:])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid('', 17)], ir_version=8)
    onnx.save(model, path)
    return str(path)


@pytest.fixture
def config(tmp_path):
    """Teachers that hear loudness and see the three colours."""
    audio = mean_over(tmp_path / 'a.onnx', [1, 2], [1, 1, 'T', 4], [1, 4])
    visual = mean_over(tmp_path / 'v.onnx', [2, 3], ['n', 3, 8, 8], ['n', 3])
    bands = ['low', 'middle', 'high', 'highest']
    content = {
        'audio': {
            'teacher': {
                'type': 'OnnxAudioTeacher', 'weights': audio, 'labels': bands,
                'spectrogram': {'type': 'LogMelSpectrogram', 'n_mels': 4, 'log_offset': 1},
            },
            'groups': {'type': 'TableGroups', 'table': {'Violin': ['low']}},
        },
        'visual': {
            'teacher': {
                'type': 'OnnxImageTeacher', 'weights': visual, 'labels': ['r', 'g', 'b'],
                'size': (8, 8), 'mean': [0, 0, 0], 'std': [255, 255, 255],
            },
            'groups': {'type': 'TableGroups', 'table': {'Violin': ['r'], 'Horn': ['g', 'b']}},
        },
    }  # fmt: skip
    path = tmp_path / 'config.py'
    Config(content).dump(path)
    return path


@pytest.fixture
def run(monkeypatch, capsys):
    """Run a tool; gives what it prints."""

    def call(tool, *args):
        monkeypatch.setattr(sys, 'argv', [tool, *map(str, args)])
        runpy.run_path(str(ROOT / tool), run_name='__main__')
        return capsys.readouterr()

    return call


LABEL = 'tools/dataset_converters/pseudo_labels.py'
MEASURE = 'tools/analysis/pseudo_agreement.py'


def test_a_manifest_is_labelled_and_measured(run, config, tiny_manifest, tmp_path):
    said = run(LABEL, config, tiny_manifest)
    out = tiny_manifest.parent / 'pseudo/test.json'
    assert said.out.splitlines()[-1] == f'{out}: 4 clips, 0 left out'
    assert 'visual Horn: 4 clips' in said.out
    assert '4/4' in said.err
    entry = read_manifest(out)['data_list'][0]
    assert entry['tags']['Violin'] > 0.5
    assert entry['visual_tags'] == {'Violin': pytest.approx(0.5, abs=1e-3), 'Horn': 1.0}

    said = run(MEASURE, out, tiny_manifest, '--json', tmp_path / 'a.json')
    assert said.out.splitlines()[0].startswith('| percent | accuracy | (no tags) |')
    figures = json.loads((tmp_path / 'a.json').read_text())
    assert figures['audio class']['exact'] == 1
    assert figures['visual class']['recall'] == pytest.approx(0.5)
    assert np.isfinite(list(figures['visual class'].values())).all()


def test_what_does_not_fit_ends_with_one_line(run, config, tiny_manifest):
    with pytest.raises(SystemExit, match=r"error: .*'Harp', which is not a class or group"):
        run(
            LABEL, config, tiny_manifest, '--cfg-options', 'audio.groups.table.Harp=[high]'
        )  # fmt: skip
    with pytest.raises(SystemExit, match=r'error: .*nowhere\.onnx'):
        run(LABEL, config, tiny_manifest, '--cfg-options', 'audio.teacher.weights=/nowhere.onnx')
    assert not (tiny_manifest.parent / 'pseudo/test.json').exists()


@pytest.mark.parametrize('modality', ['audio', 'visual'])
def test_the_table_of_the_scenes_is_spelt_as_the_teachers_labels(modality):
    part = Config.fromfile(ROOT / 'configs/pseudo_labels/scenes.py')[modality]
    from mmavl.scenes.instruments.classes import CLASSES, GROUPS

    try:
        labels = read_labels(part.teacher.get('labels', 'timm:imagenet-1k'))
    except FileNotFoundError as error:
        pytest.skip(str(error))
    matrix = TableGroups(part.groups.table)(labels, [*CLASSES, *GROUPS])
    without = {name for name, column in zip(CLASSES, matrix.T) if not column.any()}
    assert without == ({'Oboe'} if modality == 'audio' else set())


@pytest.mark.parametrize('path', sorted((ROOT / 'configs/pseudo_labels').glob('*.py')), ids=str)
def test_configs_load_and_round_trip(path, tmp_path):
    config = Config.fromfile(path)
    config.dump(tmp_path / 'dump.py')
    assert Config.fromfile(tmp_path / 'dump.py').to_dict() == config.to_dict()
