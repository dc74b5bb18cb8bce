"""The metafiles agree with the docs and name what exists; so does the README."""

import importlib.util
import re
import shlex
from pathlib import Path

import pytest
import yaml
from mmengine import Config

from mmavl.errors import DataError

ROOT = Path(__file__).parents[1]
INDEX = yaml.safe_load((ROOT / 'model-index.yml').read_text())
ZOO = [yaml.safe_load((ROOT / path).read_text()) for path in INDEX['Import']]
MODELS = [model for metafile in ZOO for model in metafile['Models']]
RESULTS = [(model, result) for model in MODELS for result in model['Results']]
SPEC = importlib.util.spec_from_file_location('tool', ROOT / 'tools/analysis/update_metafile.py')
TOOL = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(TOOL)
PAGE = (ROOT / TOOL.ZOO).read_text()
ROWS = TOOL.read_table(PAGE, '| | SFD own |')
CONDITIONS = [
    {name.removesuffix(' ‡') for name in TOOL.read_table(PAGE, f'| {model} | cIoU')}
    for model in ('Multi-task', 'coarse to fine')
]

SMALL = """
| | SFD own | SFD silent | pointing | cIoU level 1 | level 2 | level 3 | AVC | audio | visual |
|---|---|
| AVC † | 50.0 ± 6.9 | 14.3 ± 3.3 | 52.9 | 0.0 | 15.1 | 50.4 ± 11.3 | 65.3 | - | - |
| **fine** | **75.6 ± 1.5** | - | 83.4 | 1.0 | 2.0 | 3.0 | | 99.6 ± 0.0 | 86.0 |

| Multi-task | cIoU level 1 | level 2 | level 3 | SFD own | SFD silent |
|---|---|
| other | 40.5 | 35.8 | 88.8 | 46.2 | 38.8 |

| coarse to fine | cIoU level 1 | level 2 | level 3 | SFD own | SFD silent |
|---|---|
| `original` ‡ | 38.0 | 32.7 | 75.0 | | |
| other | 1.0 | 2.0 | 3.0 | 4.0 | 5.0 |
"""


def test_cells_of_the_model_zoo_are_read_by_their_place():
    means, deviations = TOOL.figures('AVC †', 'configs/avc_scenes.py', SMALL)
    assert means['SFD own'] == 50.0
    assert means['cIoU level 3'] == 50.4
    assert 'mAP audio' not in means
    assert deviations == {'SFD own': 6.9, 'SFD silent': 3.3, 'cIoU level 3': 11.3}
    means, deviations = TOOL.figures('fine', 'configs/stage2_scenes.py', SMALL)
    assert means['SFD own'] == 75.6
    assert deviations == {'SFD own': 1.5, 'mAP audio': 0.0}
    assert 'AVC accuracy' not in means
    levels = {'cIoU level 1': 38.0, 'cIoU level 2': 32.7, 'cIoU level 3': 75.0}
    assert TOOL.figures('`original`', 'configs/stage2_scenes.py', SMALL) == (levels, {})
    for config, silent in (('stage1_scenes', 38.8), ('stage2_scenes', 5.0)):
        means, _ = TOOL.figures('other', f'configs/{config}.py', SMALL)
        assert means['SFD silent'] == silent
    with pytest.raises(DataError, match=r"docs/model_zoo\.md has no row 'neither'"):
        TOOL.figures('neither', 'configs/stage1_scenes.py', SMALL)


@pytest.mark.parametrize('metafile', ZOO)
def test_figures_are_those_of_the_pages(metafile):
    assert TOOL.update(metafile, ROOT) == metafile, 'run tools/analysis/update_metafile.py'


def test_cells_of_another_page_are_read_by_their_place():
    head = '| config | training | box mAP |\n|---|---|---|\n'
    text = head + '| `a.py` | 2 min | 53.3 | 87.4 | 59.7 |\n| b | | -1.5 ± 0.2 | 3 | 4 |\n'
    found = TOOL.page_figures('`a.py`', 'docs/detection.md', text)
    assert found == ({'box mAP': 53.3, 'box mAP50': 87.4, 'box mAP75': 59.7}, {})
    found = TOOL.page_figures('b', 'docs/detection.md', text)
    assert found == ({'box mAP': -1.5, 'box mAP50': 3, 'box mAP75': 4}, {'box mAP': 0.2})
    with pytest.raises(DataError, match=r"docs/detection\.md has no row 'c'"):
        TOOL.page_figures('c', 'docs/detection.md', text)


@pytest.mark.parametrize('folder', ['.', 'peers', 'detection'])
def test_every_trained_row_of_the_docs_is_there(folder):
    told = {Path(model['Config']) for model in MODELS}
    text = ''.join((ROOT / page).read_text() for page in TOOL.TABLES)
    rows = re.findall(r'python tools/test\.py (configs/\S+\.py) work_dirs/', text)
    assert {Path(row) for row in rows if Path(row).parent == Path('configs', folder)} <= told


def test_every_row_of_the_model_zoo_that_has_a_model_is_there():
    told = [result['Row'] for _, result in RESULTS]
    assert set(told) >= ROWS.keys() - {'whole image', 'centred disc'}
    assert CONDITIONS[0] == CONDITIONS[1]
    conditions = CONDITIONS[0] - {'`half_max`'}  # the first table's
    assert {row: told.count(row) for row in conditions} == dict.fromkeys(conditions, 2)


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
