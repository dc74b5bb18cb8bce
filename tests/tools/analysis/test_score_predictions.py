import importlib.util
import json
import sys
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
