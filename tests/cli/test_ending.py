from mmavl.cli.ending import end
from mmavl.errors import ConfigError, DataError


def test_mistakes_of_a_config_keep_their_lines_and_names_of_files_are_escaped(capsys):
    assert end(ConfigError('two mistakes:\n  model: a\x1b\n  loss: b'), 2) == 2
    assert capsys.readouterr().err == 'error: two mistakes:\n  model: a\\x1b\n  loss: b\n'
    assert end(DataError('a\nb.wav is empty'), 1) == 1
    assert capsys.readouterr().err == 'error: a\\nb.wav is empty\n'
