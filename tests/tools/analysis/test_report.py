import json
import runpy
from pathlib import Path

import pytest

TOOL = Path(__file__).parents[3] / 'tools' / 'analysis' / 'report.py'


@pytest.fixture
def report(monkeypatch):
    def run(*arguments):
        monkeypatch.setattr('sys.argv', [str(TOOL), *map(str, arguments)])
        runpy.run_path(str(TOOL), run_name='__main__')

    return run


def test_work_directories_are_joined_in_the_order_given(report, tmp_path):
    for name in ('avc', 'stage1'):
        log = tmp_path / name / '1' / 'vis_data' / 'scalars.json'
        log.parent.mkdir(parents=True)
        log.write_text(json.dumps({'loss': 1.0, 'step': 1}), encoding='utf-8')
    out = tmp_path / 'bericht.html'
    report(tmp_path / 'stage1', tmp_path / 'avc', '--out', out, '--title', 'Zwei Läufe')
    text = out.read_text(encoding='utf-8')
    assert '<h1>Zwei Läufe</h1>' in text
    assert text.index('>stage1</h2>') < text.index('>avc</h2>')


def test_a_folder_that_is_no_run_is_named(report, tmp_path):
    with pytest.raises(SystemExit, match='has no record of a run'):
        report(tmp_path, '--out', tmp_path / 'r.html')
    assert not (tmp_path / 'r.html').exists()
