import importlib.util
import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mmavl.evaluation import Prediction, evaluate_localization, write_predictions

TOOL = Path(__file__).parents[3] / 'tools/analysis/score_predictions.py'
METAINFO = {'dataset': 'x', 'split': 'test', 'classes': ['A', 'B']}


@pytest.fixture
def run(monkeypatch, tmp_path):
    """Run the tool's main with arguments, in the folder of the dumps."""
    spec = importlib.util.spec_from_file_location('score_predictions', TOOL)
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    monkeypatch.chdir(tmp_path)

    def main(*arguments):
        monkeypatch.setattr(sys, 'argv', ['score_predictions.py', *arguments])
        tool.main()

    return main


@pytest.fixture
def predictions(tmp_path):
    rng = np.random.default_rng(0)
    made = [
        Prediction(
            f'clip{i}',
            boxes=[[0, 0, 0.5, 0.75]],
            box_labels=[i % 2],
            box_sounding=[True],
            box_families=[-1],
            maps=rng.random((1, 4, 4)),
            map_labels=[i % 2],
            pred_tags=rng.random(2),
            gt_tags=np.eye(2)[i % 2],
        )
        for i in range(4)
    ]
    write_predictions(tmp_path / 'test.npz', made, METAINFO)
    write_predictions(tmp_path / 'val.npz', made, METAINFO | {'split': 'val'})
    return made


def test_prints_the_table_and_writes_metrics_with_per_sample_scores(run, predictions, capsys):
    names = ['half_max', 'val_best']
    run('test.npz', '--protocol', *names, '--val-dump', 'val.npz', '--json', 'out/scores.json')
    report = evaluate_localization(predictions, METAINFO, names, 'val.npz')
    record = json.loads(Path('out/scores.json').read_text())
    tags = {key: record['metrics'].pop(key) for key in ('tags/audio_map', 'tags/audio_classes')}
    assert record['metrics'] == report.metrics
    assert record['per_sample'] == report.per_sample
    assert record['protocols'] == names
    assert tags['tags/audio_classes'] == 2
    printed = capsys.readouterr().out
    assert report.table in printed
    assert 'tags/audio_map' in printed


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        (['missing.npz'], 'missing.npz'),
        (['test.npz', '--protocol', 'half'], "unknown protocol 'half'; known are"),
        (['test.npz', '--protocol', 'val_best'], 'no threshold'),
        (['test.npz', '--protocol', 'half_max/predicted'], "clip 'clip0' has no predicted"),
    ],
)
@pytest.mark.usefixtures('predictions')
def test_a_mistake_is_one_clear_line(run, arguments, message):
    with pytest.raises(SystemExit, match=message):
        run(*arguments)


@pytest.fixture
def manifest(tmp_path):
    """Boxes for the predictions: twice as wide, in their own class; clip3 has none."""
    entries = [
        {
            'clip_id': f'clip{i}',
            'audio': 'x.wav',
            'frames': ['x.jpg'],
            'fps': 1,
            'duration': 1,
            'tags': ['AB'[i % 2]],
            'boxes': {'0': [{'bbox': [0, 0, 1, 0.75], 'label': 'AB'[i % 2], 'sounding': True}]},
        }
        for i in range(4)
    ]
    entries[3]['boxes']['0'] = []
    content = {'metainfo': {'classes': ['A', 'B']}, 'data_list': entries}
    (tmp_path / 'other.json').write_text(json.dumps(content))
    return content


def test_scores_against_another_manifests_boxes(run, predictions, manifest):
    run('test.npz', '--references', 'other.json', '--json', 'scores.json')
    record = json.loads(Path('scores.json').read_text())
    wider = [replace(p, boxes=[[0, 0, 1, 0.75]]) for p in predictions[:3]]
    expected = evaluate_localization(wider, METAINFO, ['half_max']).metrics
    assert record['metrics']['half_max/average_ciou'] == expected['half_max/average_ciou']
    assert record['metrics']['half_max/pointing'] == expected['half_max/pointing']
    assert record['metrics']['half_max/evaluated'] == 3
    assert record['metrics']['half_max/listed'] == 4
    assert record['references'] == 'other.json'


@pytest.mark.usefixtures('predictions')
def test_references_of_other_classes_are_refused(run, manifest):
    manifest['metainfo']['classes'] = ['B', 'A']
    Path('other.json').write_text(json.dumps(manifest))
    with pytest.raises(SystemExit, match=r'other\.json has other classes \(B, A\) than the dump'):
        run('test.npz', '--references', 'other.json')
