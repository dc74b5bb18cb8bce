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
    lines = tool.table(tool.collect(dirs, 'test'), ['a', 'b']).to_markdown().splitlines()
    # sample deviation of 50 and 70 is sqrt(200) = 14.1
    assert lines[2:] == [
        '| stage2 | 2 | 60.0 ± 14.1 | 10.0 |',
        '| random | 1 | 20.0 | - |',
    ]


def test_a_run_without_that_split_is_named(tool, tmp_path):
    folder = record(tmp_path / 'stage2', 'test', {'a': 0.5})
    with pytest.raises(DataError, match="stage2 has no test on 'test_shift'"):
        tool.collect([folder], 'test_shift')
