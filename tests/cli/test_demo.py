import sys

import pytest

from mmavl.cli import main


def test_without_gradio_the_command_ends_with_a_line(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, 'gradio', None)
    assert main(['demo']) == 2
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 1
    assert said[0].startswith('error: the page needs gradio')
    assert said[0].endswith("pip install 'mmavl[demo]'")


@pytest.mark.parametrize(
    ('arguments', 'line'),
    [
        (['--rate', '0'], 'error: --rate 0 and --longest 60 must be above 0'),
        (['--examples', 'none.json'], 'error: manifest none.json is missing'),
        (['--weights', 'none.pth'], 'error: checkpoint not found: none.pth'),
    ],
)
def test_wrong_arguments_are_refused_before_the_page_opens(arguments, line, capsys):
    pytest.importorskip('gradio')
    assert main(['demo', *arguments]) == 2
    assert capsys.readouterr().err.startswith(line)
