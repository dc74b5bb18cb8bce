import ast
import re
import shlex
from pathlib import Path

import pytest

import mmavl
from mmavl.utils.shipped import (
    config_names,
    find_config,
    missing_config,
    named_config,
    shipped,
    tool_command,
)

#: Of configs that once were next to stage2_scenes.py.
OLD_PATHS = ('configs/stage2_scenes_product.py', 'configs/separation_scenes_nmf.py')


def test_a_config_is_found_by_name_and_by_path(tmp_path):
    expected = shipped() / 'stage2_scenes.py'
    assert find_config('stage2_scenes') == find_config('stage2_scenes.py') == expected
    assert find_config('configs/stage2_scenes.py').samefile(expected)
    own = tmp_path / 'own.py'
    own.touch()
    assert find_config(str(own)) == own
    with pytest.raises(FileNotFoundError, match="did you mean 'stage2_scenes'"):
        find_config('stage2_scene')


def test_a_config_in_a_folder_is_found_by_its_name_alone():
    expected = shipped() / 'ablations/stage2_scenes_product.py'
    for name in ('stage2_scenes_product', 'stage2_scenes_product.py'):
        assert find_config(name) == expected
    assert find_config('ablations/stage2_scenes_product') == expected
    assert named_config('stage2_scenes_product') == expected
    assert named_config('coarse_to_fine') is None  # a base


def test_no_two_configs_have_one_name():
    names = [name.rpartition('/')[2] for name in config_names()]
    assert sorted({*names}) == sorted(names)


@pytest.mark.parametrize('path', OLD_PATHS)
def test_where_a_config_is_now_is_said_of_its_old_path(path, tmp_path, monkeypatch):
    name = Path(path).name
    monkeypatch.chdir(shipped().resolve().parent)
    place = next(Path('configs').rglob(name))
    assert missing_config(path) == f'config not found: {path}; it is at {place}'
    with pytest.raises(FileNotFoundError, match=f'it is at {place}$'):
        find_config(path)
    monkeypatch.chdir(tmp_path)  # where there are no configs: those that come with mmavl
    whole = shipped().resolve().parent / place
    assert missing_config(path) == f'config not found: {path}; it is at {whole}'


def test_a_path_with_a_typing_mistake_gets_the_nearest_name(tmp_path, monkeypatch):
    monkeypatch.chdir(shipped().resolve().parent)
    assert missing_config('configs/stage2_scenes_prodct.py').endswith(
        "; did you mean 'configs/ablations/stage2_scenes_product.py'?"
    )
    assert missing_config('configs/xyzzy.py') == 'config not found: configs/xyzzy.py'
    (tmp_path / 'mine.py').touch()
    assert missing_config(tmp_path / 'mien.py').endswith(f"did you mean '{tmp_path}/mine.py'?")


def test_configs_of_the_path_itself_come_before_mmavls(tmp_path):
    folder = tmp_path / 'configs/ours'
    folder.mkdir(parents=True)
    (folder / 'stage9_ours.py').touch()
    path = tmp_path / 'configs/stage9_ours.py'
    assert missing_config(path) == f'config not found: {path}; it is at {folder}/stage9_ours.py'


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
