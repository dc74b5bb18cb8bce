import ast
import re
import shlex
from pathlib import Path

import pytest

import mmavl
from mmavl.utils.shipped import find_config, shipped, tool_command


def test_a_config_is_found_by_name_and_by_path(tmp_path):
    expected = shipped() / 'stage2_scenes.py'
    assert find_config('stage2_scenes') == find_config('stage2_scenes.py') == expected
    assert find_config('configs/stage2_scenes.py').samefile(expected)
    own = tmp_path / 'own.py'
    own.touch()
    assert find_config(str(own)) == own
    with pytest.raises(FileNotFoundError, match="did you mean 'stage2_scenes'"):
        find_config('stage2_scene')


def test_a_tool_is_named_as_it_can_be_run_here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for tool, program in (('dist_train.sh', 'bash'), ('clean_cache.py', 'python')):
        name, path = shlex.split(tool_command(tool))
        assert name == program
        assert Path(path).is_file()
    (tmp_path / 'tools').mkdir()
    (tmp_path / 'tools/clean_cache.py').touch()
    assert tool_command('clean_cache.py') == 'python tools/clean_cache.py'


def test_every_tool_that_a_message_names_is_there():
    package = Path(mmavl.__file__).parent
    named = {
        match
        for path in package.rglob('*.py')
        for match in re.findall(r'tool_command\(["\']([^"\']+)["\']\)', path.read_text())
    }
    assert len(named) > 3
    assert [name for name in named if not (shipped('tools') / name).is_file()] == []


def test_no_message_names_a_tool_of_the_checkout():
    """Who has installed a wheel has no ``tools/`` and no ``requirements/``."""
    texts = [
        f'{path.name}: {node.value}'
        for path in Path(mmavl.__file__).parent.rglob('*.py')
        for raised in ast.walk(ast.parse(path.read_text()))
        if isinstance(raised, ast.Raise)
        for node in ast.walk(raised)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    assert len(texts) > 200
    assert [text for text in texts if 'tools/' in text or 'requirements/' in text] == []
