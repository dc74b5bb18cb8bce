import sys

import pytest

from mmavl.cli import main, tools
from mmavl.cli.tools import run_tool
from mmavl.utils.shipped import find_config

TOOL = """
import sys
print(__name__, sys.argv[1:])
{end}
"""


@pytest.fixture
def tool(tmp_path, monkeypatch):
    """Puts a script in the place of a tool, which prints its arguments and ends as told."""

    def make(end='', name='train'):
        (tmp_path / 'tools').mkdir(exist_ok=True)
        (tmp_path / 'tools/own.py').write_text(TOOL.format(end=end))
        monkeypatch.setitem(tools.TOOLS, name, ('own.py', 'print'))
        monkeypatch.setattr(tools, 'shipped', lambda kind: tmp_path / kind)
        monkeypatch.chdir(tmp_path)

    return make


@pytest.mark.parametrize(
    ('end', 'code', 'said'),
    [
        ('', 0, ''),
        ('sys.exit()', 0, ''),
        ('sys.exit(0)', 0, ''),
        ('sys.exit(3)', 3, ''),
        ("sys.exit('what is wrong')", 1, 'what is wrong\n'),
    ],
)
def test_the_code_is_the_tools_and_what_it_ends_with_is_said(tool, capsys, end, code, said):
    tool(end)
    before = sys.argv
    assert run_tool('train', ['--help']) == code
    assert capsys.readouterr() == ("__main__ ['--help']\n", said)
    assert sys.argv is before


def test_a_tools_error_is_not_hidden_and_the_arguments_are_put_back(tool):
    tool("raise RuntimeError('broken')")
    before = sys.argv
    with pytest.raises(RuntimeError, match='broken'):
        run_tool('train', [])
    assert sys.argv is before


def test_configs_are_given_by_name(tool, capsys):
    tool()
    assert run_tool('train', ['stage2_scenes', '--work-dir', 'stage2_scenes']) == 0
    expected = [str(find_config('stage2_scenes')), '--work-dir', 'stage2_scenes']
    assert capsys.readouterr().out == f'__main__ {expected}\n'


def test_a_report_is_of_the_named_run_unless_there_is_a_folder_of_that_name(
    tool, tmp_path, capsys
):
    tool(name='report')
    (tmp_path / 'work_dirs/own').mkdir(parents=True)
    for given, expected in (('configs/own.py', 'work_dirs/own'), ('other', 'other')):
        run_tool('report', [given, '--out', 'x'])
        assert capsys.readouterr().out == f"__main__ ['{expected}', '--out', 'x']\n"
    (tmp_path / 'own').mkdir()
    run_tool('report', ['own'])
    assert capsys.readouterr().out == "__main__ ['own']\n"


def test_tools_run_with_their_own_arguments_and_codes(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(['train', '--help']) == 0
    assert '--resume' in capsys.readouterr().out
    assert main(['test', 'stage2_scenez']) == 2
    assert "did you mean 'stage2_scenes" in capsys.readouterr().err
    assert main(['report', 'nowhere']) == 1
    assert 'nowhere holds no record of a run' in capsys.readouterr().err
    (tmp_path / 'work_dirs/own').mkdir(parents=True)
    assert main(['report', 'configs/own.py']) == 1
    assert 'work_dirs/own holds no record' in capsys.readouterr().err
