import sys
from importlib import import_module

import pytest

from mmavl.cli import main
from mmavl.cli.tools import run_tool
from mmavl.utils.shipped import find_config


@pytest.fixture
def tool(tmp_path, monkeypatch):
    """Replaces a subcommand by one that prints its arguments and ends as told."""

    def make(end=lambda: None, name='train'):
        def tool_main(argv):
            print(argv)
            end()

        monkeypatch.setattr(import_module(f'mmavl.cli.{name}'), 'main', tool_main)
        monkeypatch.chdir(tmp_path)

    return make


@pytest.mark.parametrize(
    ('end', 'code', 'said'),
    [
        (lambda: None, 0, ''),
        (lambda: sys.exit(), 0, ''),
        (lambda: sys.exit(0), 0, ''),
        (lambda: sys.exit(3), 3, ''),
        (lambda: sys.exit('what is wrong'), 1, 'what is wrong\n'),
    ],
)
def test_the_code_is_the_tools_and_what_it_ends_with_is_said(tool, capsys, end, code, said):
    tool(end)
    before = list(sys.argv)
    assert run_tool('train', ['--help']) == code
    assert capsys.readouterr() == ("['--help']\n", said)
    assert sys.argv == before


def test_a_tools_error_is_not_hidden(tool):
    def end():
        raise RuntimeError('broken')

    tool(end)
    with pytest.raises(RuntimeError, match='broken'):
        run_tool('train', [])


def test_ctrl_c_ends_with_one_line_and_130(tool, capsys):
    def end():
        raise KeyboardInterrupt

    tool(end)
    assert main(['train', '--work-dir', 'x']) == 130
    assert capsys.readouterr().err == 'interrupted\n'


def test_configs_are_given_by_name(tool, capsys):
    tool()
    assert run_tool('train', ['stage2_scenes', '--work-dir', 'stage2_scenes']) == 0
    expected = [str(find_config('stage2_scenes')), '--work-dir', 'stage2_scenes']
    assert capsys.readouterr().out == f'{expected}\n'


@pytest.mark.parametrize('command', ['train', 'test'])
def test_the_old_path_of_a_config_gets_one_line_with_the_new_one(command, monkeypatch, capsys):
    monkeypatch.chdir(find_config('stage2_scenes').resolve().parents[1])
    assert main([command, 'configs/stage2_scenes_product.py']) == 2
    assert capsys.readouterr().err == (
        'error: config not found: configs/stage2_scenes_product.py; '
        'it is at configs/ablations/stage2_scenes_product.py\n'
    )


def test_a_report_is_of_the_named_run_unless_there_is_a_folder_of_that_name(
    tool, tmp_path, capsys
):
    tool(name='report')
    (tmp_path / 'work_dirs/own').mkdir(parents=True)
    for given, expected in (('configs/own.py', 'work_dirs/own'), ('other', 'other')):
        run_tool('report', [given, '--out', 'x'])
        assert capsys.readouterr().out == f"['{expected}', '--out', 'x']\n"
    (tmp_path / 'own').mkdir()
    run_tool('report', ['own'])
    assert capsys.readouterr().out == "['own']\n"


def test_the_usage_names_what_was_typed(monkeypatch, capsys):
    for program, shown in (('/usr/bin/mmavl', 'mmavl test'), ('tools/test.py', 'test.py')):
        monkeypatch.setattr('sys.argv', [program])
        assert main(['test', '--help']) == 0
        assert capsys.readouterr().out.startswith(f'usage: {shown} [-h]')


def test_tools_run_with_their_own_arguments_and_codes(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(['train', '--help']) == 0
    assert '--resume' in capsys.readouterr().out
    assert main(['test', 'stage2_scenez']) == 2
    assert "did you mean 'stage2_scenes" in capsys.readouterr().err
    assert main(['report', 'nowhere']) == 2
    assert 'nowhere has no record of a run' in capsys.readouterr().err
    (tmp_path / 'work_dirs/own').mkdir(parents=True)
    assert main(['report', 'configs/own.py']) == 1
    assert 'work_dirs/own has no record' in capsys.readouterr().err
