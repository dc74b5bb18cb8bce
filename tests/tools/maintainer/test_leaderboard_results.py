import importlib.util
import json
from pathlib import Path

from mmavl.experiments.leaderboard import TABLES
from mmavl.reports.results import read_results

TOOL = Path(__file__).parents[3] / 'tools/maintainer/leaderboard_results.py'


def test_each_row_of_each_table_becomes_a_result(tmp_path, monkeypatch, capsys):
    whole, by_class = TABLES
    run = {
        'commit': 'abc',
        'date': '2026-01-02T03:04:05',
        'environment': {'processor': 'CPU', 'threads': '1', 'GPU': 'none'},
    }
    row = {'means': {'pointing': 0.5, 'cost/trained': 1.5}, 'spreads': {'pointing': 0.1}}
    record = {
        'settings': {'data': 'scenes'},
        'tables': {whole: {'lvs': row, 'centred disc': {**row, 'spreads': {}}}, by_class: {}},
        'trials': {'lvs': [run, run]},
    }
    (tmp_path / 'leaderboard.json').write_text(json.dumps(record))
    spec = importlib.util.spec_from_file_location('leaderboard_results', TOOL)
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    out = tmp_path / 'results'
    arguments = ['x', str(tmp_path / 'leaderboard.json'), '--command', 'c', '--out', str(out)]
    monkeypatch.setattr('sys.argv', arguments)
    tool.main()
    results = read_results(out)
    assert set(results) == {'leaderboard_lvs', 'leaderboard_centred_disc'}
    lvs = results['leaderboard_lvs']
    assert (lvs.config, lvs.seeds, lvs.commit) == ('lvs_scenes', [0, 1], 'abc')
    assert lvs.date == '2026-01-02'
    assert lvs.machine == '1 threads of an CPU'
    assert (lvs.means['pointing'], lvs.spreads['pointing']) == (0.5, 0.1)
    assert results['leaderboard_centred_disc'].config is None
