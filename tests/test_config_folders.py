"""Configs that users know are next to each other; the others are in folders, each with a page."""

import ast
import re
from collections import defaultdict
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1] / 'configs'
FOLDERS = sorted(path for path in ROOT.iterdir() if path.is_dir() and path.name != '_base_')
METHODS = ('avc', 'stage1', 'stage2')
DATASETS = ('scenes', 'audioset', 'flickr', 'music')
FLAT = {f'{method}_{data}' for method in METHODS for data in DATASETS}
FLAT |= {'separation_scenes', 'separation_music'}


def test_only_the_names_that_users_know_are_flat():
    assert {path.stem for path in ROOT.glob('*.py')} == FLAT


@pytest.mark.parametrize('folder', FOLDERS, ids=lambda folder: folder.name)
def test_the_page_of_a_folder_names_each_of_its_configs_and_a_command(folder):
    text = (folder / 'README.md').read_text()
    assert len(text.splitlines()) <= 40
    table = [line.split('|')[1] for line in text.splitlines() if line.startswith('| `')]
    named = [name for cell in table for name in re.findall(r'`(\S+)\.py`', cell)]
    assert sorted(named) == sorted(path.stem for path in folder.glob('*.py'))
    assert re.search(r'^```bash\n(python tools/|mmavl )', text, re.MULTILINE)


def test_the_page_above_names_every_folder():
    text = (ROOT / 'README.md').read_text()
    named = re.findall(r'^\| \[(\w+)\]\(\1/README\.md\)', text, re.MULTILINE)
    assert named == [folder.name for folder in FOLDERS]


def repeated(root, size):
    """Files that have a dict or list of at least ``size`` values in common."""
    places = defaultdict(set)
    for path in root.rglob('*.py'):
        for node in ast.walk(ast.parse(path.read_text())):
            values = sum(isinstance(child, ast.Constant) for child in ast.walk(node))
            if isinstance(node, ast.Call | ast.Dict | ast.List) and values >= size:
                places[ast.dump(node)].add(str(path.relative_to(root)))
    return [sorted(files) for files in places.values() if len(files) > 1]


def test_no_part_of_a_model_is_written_twice():
    files = [files for files in repeated(ROOT, 6) if not files[0].startswith('_base_/datasets')]
    assert files == []


def test_what_is_written_twice_is_noticed(tmp_path):
    part = "dict(type='A', depth=2, width=3, names=['x', 'y'], norm=dict(type='B'))"
    (tmp_path / 'a.py').write_text(f'model = {part}')
    (tmp_path / 'b.py').write_text(f'model = dict(head=dict(neck={part}))')
    (tmp_path / 'c.py').write_text(f'model = {part.replace("3", "4")}')
    assert repeated(tmp_path, 6) == [['a.py', 'b.py']]
