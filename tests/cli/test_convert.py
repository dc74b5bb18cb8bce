from importlib.metadata import EntryPoint

import pytest

from mmavl.cli import convert, main
from mmavl.errors import DataError

CALLS = []


def own(arguments):
    """A converter of another package."""
    CALLS.append(arguments)
    if arguments == ['broken']:
        raise DataError('broken has no clips')
    return 3 if arguments else None


@pytest.fixture
def entries(monkeypatch):
    """Makes converters of other packages known by name."""

    def make(*names):
        value = f'{__name__}:own'
        found = [EntryPoint(name, value, convert.GROUP) for name in names]
        monkeypatch.setattr(convert, 'entry_points', lambda group: found)
        monkeypatch.setattr(EntryPoint, 'load', lambda self: own)
        CALLS.clear()

    return make


def test_converters_of_mmavl_run_with_their_arguments_and_codes(tmp_path, capsys):
    assert main(['convert', 'folder', '--help']) == 0
    assert '--tags' in capsys.readouterr().out
    assert main(['convert', 'folder', str(tmp_path / 'none')]) == 1
    assert 'none is not a folder' in capsys.readouterr().err
    assert main(['convert', 'folder']) == 2


def test_a_converter_of_another_package_gets_the_arguments_and_gives_the_code(entries, capsys):
    entries('theirs')
    assert main(['convert', 'theirs']) == 0
    assert main(['convert', 'theirs', '--out', 'x']) == 3
    assert CALLS == [[], ['--out', 'x']]
    assert main(['convert', 'theirs', 'broken']) == 1
    assert capsys.readouterr().err == 'error: broken has no clips\n'
    assert main(['list', 'converters', 'theirs']) == 0
    assert ':own, from an unknown package' in capsys.readouterr().out


def test_two_converters_of_one_name_are_refused(entries, capsys):
    entries('folder')
    assert main(['convert', 'folder', 'x']) == 2
    assert capsys.readouterr().err.startswith("error: two converters are called 'folder', one of")


def test_an_unknown_converter_is_refused_with_those_there_are(capsys):
    assert main(['convert', 'foldr']) == 2
    assert "invalid choice: 'foldr'" in capsys.readouterr().err
    assert main(['convert', '--help']) == 0
    assert 'vggsound   ' in capsys.readouterr().out
