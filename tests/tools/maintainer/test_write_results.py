"""README, docs and metafile say what the results say; the command that makes them do so."""

import importlib.util
import sys
from pathlib import Path

import pytest
import yaml

from mmavl.errors import DataError
from mmavl.evaluation import get_protocol
from mmavl.reports.results import read_results

ROOT = Path(__file__).parents[3]
SPEC = importlib.util.spec_from_file_location(
    'write_results', ROOT / 'tools/maintainer/write_results.py'
)
TOOL = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(TOOL)
RESULTS = read_results(ROOT / 'results')
TABLES = yaml.safe_load((ROOT / 'results/tables.yml').read_text(encoding='utf-8'))


WRITTEN = {path.name: (path, text) for path, text in TOOL.written(ROOT)}


@pytest.mark.parametrize(('path', 'text'), WRITTEN.values(), ids=WRITTEN)
def test_pages_and_metafile_have_the_figures_of_the_results(path, text):
    fix = 'run python tools/maintainer/write_results.py'
    assert path.read_text(encoding='utf-8') == text, fix


def test_every_result_stands_in_a_table_and_every_table_on_a_page():
    rows = [row for table in TABLES.values() for row in table['rows']]
    names = {row['result'] if isinstance(row, dict) else row for row in rows}
    assert names == set(RESULTS)
    pages = ''.join(text for _, text in WRITTEN.values())
    assert [name for name in TABLES if f'<!-- results: {name} -->' not in pages] == []


@pytest.mark.parametrize('result', RESULTS.values(), ids=lambda result: result.name)
def test_a_result_names_what_exists(result):
    if result.config is not None:
        paths = (ROOT / 'configs').rglob(f'{result.config}.py')
        assert len([path for path in paths if '_base_' not in path.parts]) == 1
    if result.protocol is not None:
        assert get_protocol(result.protocol).key == result.protocol
    figures = {*result.means}
    assert {*result.spreads, *result.intervals, *result.totals} <= figures
    assert figures or result.words


@pytest.fixture
def root(tmp_path):
    """A repository of one result."""
    for folder in ('results', 'docs', 'configs'):
        (tmp_path / folder).mkdir()
    result = RESULTS['stage1_scenes']
    (tmp_path / 'results/stage1_scenes.json').write_text(
        (ROOT / f'results/{result.name}.json').read_text()
    )
    table = {'columns': {'pointing': None}, 'rows': ['stage1_scenes']}
    (tmp_path / 'results/tables.yml').write_text(yaml.dump({'zoo': table}))
    page = 'before\n\n<!-- results: zoo -->\nold\n<!-- end of results -->\n\nafter\n'
    (tmp_path / 'README.md').write_text('nothing')
    (tmp_path / 'docs/zoo.md').write_text(page)
    models = [{'Name': 'a', 'Config': 'configs/stage1_scenes.py', 'Results': []}]
    (tmp_path / 'configs/metafile.yml').write_text('# Why.\n' + yaml.dump({'Models': models}))
    return tmp_path


def run(monkeypatch, root, *arguments):
    monkeypatch.setattr(sys, 'argv', ['write_results.py', '--root', str(root), *arguments])
    TOOL.main()


def test_the_command_writes_tables_between_their_marks_and_results_of_models(
    root, monkeypatch, capsys
):
    with pytest.raises(SystemExit, match=r'run python tools/maintainer/write_results\.py'):
        run(monkeypatch, root, '--check')
    assert 'old' in (root / 'docs/zoo.md').read_text()
    run(monkeypatch, root)
    assert (root / 'docs/zoo.md').read_text() == (
        'before\n\n<!-- results: zoo -->\n| | pointing |\n|---|---:|\n'
        '| Multi-task | 70.6 ± 0.4 |\n<!-- end of results -->\n\nafter\n'
    )
    metafile = (root / 'configs/metafile.yml').read_text()
    assert metafile.startswith('# Why.\n')
    (entry,) = yaml.safe_load(metafile)['Models'][0]['Results']
    assert entry['Task'] == 'Sound localization'
    assert entry['Metrics']['pointing'] == 70.6
    assert entry['Standard deviations']['pointing'] == 0.4
    assert 'evaluated' not in entry['Metrics']
    assert 'Options' not in entry
    capsys.readouterr()
    run(monkeypatch, root, '--check')
    assert capsys.readouterr().out == ''


def test_a_table_that_is_not_described_is_named(root):
    (root / 'docs/zoo.md').write_text('<!-- results: gone -->\n\n<!-- end of results -->\n')
    with pytest.raises(DataError, match="has no table 'gone'"):
        list(TOOL.written(root))
