import importlib.util
import json
from pathlib import Path

import pytest

from mmavl.errors import DataError

TOOL = Path(__file__).parents[3] / 'tools/analysis/aggregate_seeds.py'


@pytest.fixture
def tool():
    spec = importlib.util.spec_from_file_location('aggregate_seeds', TOOL)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def record(folder, split, metrics):
    path = folder / 'results' / f'{split}.json'
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({'metrics': metrics}))
    return str(folder)


def test_runs_of_one_name_are_averaged_and_their_spread_is_the_samples(tool, tmp_path):
    dirs = [
        record(tmp_path / 'seed0' / 'stage2', 'test', {'a': 0.5, 'b': 0.1}),
        record(tmp_path / 'seed1' / 'stage2', 'test', {'a': 0.7}),
        record(tmp_path / 'seed0' / 'random', 'test', {'a': 0.2}),
    ]
    lines = tool.table(tool.collect(dirs), 'test', ['a', 'b']).to_markdown().splitlines()
    # sample deviation of 50 and 70 is sqrt(200) = 14.1
    assert lines[2:] == [
        '| stage2 | 2 | 60.0 ± 14.1 | 10.0 |',
        '| random | 1 | 20.0 | - |',
    ]


def test_a_run_without_that_split_is_named(tool, tmp_path):
    folder = record(tmp_path / 'stage2', 'test', {'a': 0.5})
    with pytest.raises(DataError, match="stage2 has no test on 'test_shift'"):
        tool.table(tool.collect([folder]), 'test_shift', [])


def test_the_seeds_of_one_run_become_a_result(tool, tmp_path, monkeypatch, capsys):
    dirs = [
        record(tmp_path / f'seed{seed}' / 'stage2', 'test', {'half_max/pointing': share})
        for seed, share in enumerate((0.5, 0.7))
    ]
    out = tmp_path / 'results/mine.json'
    argv = ['aggregate_seeds.py', *dirs, '--out', str(out), '--title', 'Mine']
    monkeypatch.setattr('sys.argv', argv)
    tool.main()
    content = json.loads(out.read_text())
    assert content['means'] == {'pointing': 0.6}
    assert (content['title'], content['protocol']) == ('Mine', 'half_max')
    assert str(out) in capsys.readouterr().out
    other = record(tmp_path / 'stage1', 'test', {'half_max/pointing': 0.5})
    monkeypatch.setattr('sys.argv', [argv[0], other, *argv[1:]])
    with pytest.raises(SystemExit, match=r'--out needs the seeds of a single run, not of .*stage'):
        tool.main()
