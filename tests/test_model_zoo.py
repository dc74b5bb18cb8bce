"""The metafiles name what exists; their figures: tests/tools/maintainer/test_write_results.py."""

import re
import shlex
from pathlib import Path

import pytest
import yaml
from mmengine import Config

ROOT = Path(__file__).parents[1]
INDEX = yaml.safe_load((ROOT / 'model-index.yml').read_text())
ZOO = [yaml.safe_load((ROOT / path).read_text()) for path in INDEX['Import']]
MODELS = [model for metafile in ZOO for model in metafile['Models']]


def test_every_model_has_results():
    assert [model['Name'] for model in MODELS if not model['Results']] == []


@pytest.mark.parametrize('folder', ['.', 'peers', 'detection'])
def test_every_trained_row_of_the_docs_is_there(folder):
    configs = {Path(model['Config']) for model in MODELS}
    text = ''.join((ROOT / f'docs/{page}.md').read_text() for page in ('separation', 'detection'))
    rows = re.findall(r'python tools/test\.py (configs/\S+\.py) work_dirs/', text)
    assert {Path(row) for row in rows if Path(row).parent == Path('configs', folder)} <= configs


def test_collections_are_named_and_their_code_exists():
    names = {collection['Name'] for metafile in ZOO for collection in metafile['Collections']}
    assert {model['In Collection'] for model in MODELS} == names
    for metafile in ZOO:
        for collection in metafile['Collections']:
            assert (ROOT / collection['Code']).is_file()
            assert (ROOT / collection['README']).is_file()


@pytest.mark.parametrize('model', MODELS, ids=lambda model: model['Name'])
def test_weights_are_what_the_config_and_the_commands_leave(model):
    cfg = Config.fromfile(ROOT / model['Config'])
    commands = model.get('Training commands', [])
    stem = Path(model['Config']).stem
    if 'Weights' not in model:
        assert not commands
        return
    weights = Path(model['Weights'])
    assert not weights.is_absolute()
    stem = stem.removesuffix('_product')  # the same weights, other map transforms
    assert weights.parts[-2:] == (stem, f'epoch_{cfg.train_cfg.max_epochs}.pth')
    if 'quickstart_seed0' in weights.parts:
        assert 'tools/quickstart.sh' in commands[0]
    else:
        assert commands[-1].startswith(f'python tools/train.py {model["Config"]}')
        assert weights.parent == Path('work_dirs', stem)
    for command in commands:
        files = [word for word in shlex.split(command) if word.startswith(('tools/', 'configs/'))]
        assert files
        assert all((ROOT / file.rstrip(';')).is_file() for file in files)


def test_no_link_is_given_to_weights():
    assert not re.search(r'Weights: *\S*://', (ROOT / 'configs/metafile.yml').read_text())
