import csv
import json

from mmavl.cli.main import main
from mmavl.evaluation.predictions import write_predictions
from mmavl.experiments.trial import OUTCOME, PREDICTIONS


def finish(folder, pointing, made):
    """Leave what a finished trial leaves."""
    write_predictions(folder / PREDICTIONS, made, {'classes': ['a']})
    metrics = {'half_max/pointing': pointing, 'half_max/average_ciou': pointing / 2}
    (folder / OUTCOME).write_text(json.dumps({'metrics': metrics, 'stages': {}}))


def test_an_experiment_becomes_one_table_with_spread_and_paired_test(
    tmp_path, monkeypatch, capsys, pointing_at
):
    (tmp_path / 'two.yaml').write_text(
        'runs:\n  plain: {config: lvs_scenes}\n  other_run: {config: ez-vsl_scenes}\nseeds: 2\n'
    )

    def run_trials(folders, jobs, report):
        assert jobs == 3
        for folder in folders:
            good = folder.parent.name == 'plain'
            pointing = 0.9 + 0.1 * folder.name.endswith('1') if good else 0.5
            finish(folder, pointing, pointing_at([(1, 1) if good else (7, 7)] * 6))
            report(folder, None)
        return []

    monkeypatch.setattr('mmavl.experiments.run_trials', run_trials)
    out = tmp_path / 'out'
    file = str(tmp_path / 'two.yaml')
    assert main(['experiment', file, '--out', str(out), '--jobs', '3']) == 0
    printed = capsys.readouterr().out
    assert '4 of 4 runs to do' in printed
    assert '95.0 ± 7.1' in printed
    markdown = (out / 'experiment.md').read_text()
    # all of 6 clips worse: 2 of 64 sign flips are as far from zero
    assert '| other_run | 2 | 50.0 ± 0.0 | 25.0 ± 0.0 | -100.0 | 0.0312 |' in markdown
    rows = list(csv.DictReader((out / 'experiment.csv').open()))
    assert [row['run'] for row in rows] == ['plain', 'other_run']
    assert float(rows[0]['half_max/pointing']) == 0.95
    latex = (out / 'experiment.tex').read_text()
    assert r'other\_run & 2 & 50.0 $\pm$ 0.0' in latex
    assert json.loads((out / 'experiment.json').read_text())['trials']['plain'][0]['metrics']
    monkeypatch.undo()
    assert main(['experiment', file, '--out', str(out)]) == 0  # nothing left to do
    assert '0 of 4 runs to do' in capsys.readouterr().out
