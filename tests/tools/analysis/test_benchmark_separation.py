import importlib.util
import re
import sys
from pathlib import Path

import pytest

TOOL = Path(__file__).parents[3] / 'tools/analysis/benchmark_separation.py'
CONFIG = """
model = dict(
    type='NMFMFCC', templates=4, iterations=1,
    data_preprocessor=dict(type='SeparationDataPreprocessor'),
)
"""


@pytest.fixture
def benchmark(monkeypatch):
    """Run the tool's main with arguments."""
    spec = importlib.util.spec_from_file_location('benchmark_separation', TOOL)
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)

    def main(*arguments):
        monkeypatch.setattr(sys, 'argv', [TOOL.name, *map(str, arguments)])
        tool.main()

    return main


def test_it_says_what_was_separated_and_how_long_it_took(benchmark, tmp_path, capsys):
    (tmp_path / 'blind.py').write_text(CONFIG)
    benchmark(tmp_path / 'blind.py', '--seconds', 1.5, '--rate', 8000, '--sources', 3, '--size', 8)
    machine, what, time = capsys.readouterr().out.splitlines()
    assert ' threads, in float32: ' in machine
    assert what == '1.5 s at 8000 Hz -> 3 sources'
    wall, cpu = map(float, re.fullmatch(r'(.+) s elapsed, (.+) s of CPU time', time).groups())
    assert wall > 0
    assert cpu > 0


def test_a_config_that_is_not_there_is_one_clear_line(benchmark, tmp_path):
    with pytest.raises(SystemExit, match=r'none\.py'):
        benchmark(tmp_path / 'none.py')
