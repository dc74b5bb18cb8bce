"""Configs that users know are next to each other; the others are in folders, each with a page."""

import re
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
    assert len(text.splitlines()) <= 25
    table = [line.split('|')[1] for line in text.splitlines() if line.startswith('| `')]
    named = [name for cell in table for name in re.findall(r'`(\S+)\.py`', cell)]
    assert sorted(named) == sorted(path.stem for path in folder.glob('*.py'))
    assert re.search(r'^```bash\n(python tools/|mmavl )', text, re.MULTILINE)


def test_the_page_above_names_every_folder():
    text = (ROOT / 'README.md').read_text()
    named = re.findall(r'^\| \[(\w+)\]\(\1/README\.md\)', text, re.MULTILINE)
    assert named == [folder.name for folder in FOLDERS]
