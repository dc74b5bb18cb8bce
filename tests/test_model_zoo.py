"""The metafiles say what README.md says, and name what exists."""

import re
import shlex
from pathlib import Path

import pytest
import yaml
from mmengine import Config

ROOT = Path(__file__).parents[1]
README = (ROOT / 'README.md').read_text()
INDEX = yaml.safe_load((ROOT / 'model-index.yml').read_text())
ZOO = [yaml.safe_load((ROOT / path).read_text()) for path in INDEX['Import']]
MODELS = [model for metafile in ZOO for model in metafile['Models']]
RESULTS = [(model, result) for model in MODELS for result in model['Results']]
#: A column of the first table -> the metric.
COLUMNS = {
    'SFD own': 'SFD own',
    'SFD silent': 'SFD silent',
    'pointing': 'pointing',
    'cIoU level 1': 'cIoU level 1',
    'level 2': 'cIoU level 2',
    'level 3': 'cIoU level 3',
    'AVC acc.': 'AVC accuracy',
    'mAP audio': 'mAP audio',
    'mAP visual': 'mAP visual',
}
#: What a cell of the second table lists.
LISTED = ('cIoU level 1', 'cIoU level 2', 'cIoU level 3', 'SFD own', 'SFD silent')


def table(header):
    """Rows of the README's table with this header: first cell -> {column: cell}."""
    lines = README[README.index(header) :].splitlines()
    end = next(i for i, line in enumerate(lines) if not line.startswith('|'))
    rows = [[cell.strip(' *') for cell in line.strip('|').split('|')] for line in lines[:end]]
    return {row[0]: dict(zip(rows[0][1:], row[1:])) for row in rows[2:]}


ROWS = table('| | SFD own |')
CONDITIONS = table('| | Multi-task |')


def from_first_table(row):
    cells = {COLUMNS[name]: cell for name, cell in ROWS[row].items()}
    return {name: cell for name, cell in cells.items() if cell not in ('', '-')}


def from_second_table(row, column):
    numbers = re.findall(r'\d+\.\d', CONDITIONS[row][column])
    return dict(zip(LISTED, numbers))


def printed(result):
    """A result's metrics as README.md prints them."""
    spread = result.get('Standard deviations', {})
    return {
        name: f'{value:.1f}' + (f' ± {spread[name]:.1f}' if name in spread else '')
        for name, value in result['Metrics'].items()
    }


@pytest.mark.parametrize(('model', 'result'), RESULTS, ids=lambda x: x.get('Name') or x['Row'])
def test_figures_are_those_of_the_readme(model, result):
    row = result['Row']
    if row in ROWS:
        assert printed(result) == from_first_table(row)
    else:
        column = (
            'Multi-task' if Path(model['Config']).stem.startswith('stage1') else 'coarse to fine'
        )
        assert printed(result) == from_second_table(row, column)


def test_every_row_of_the_readme_that_has_a_model_is_there():
    told = [result['Row'] for _, result in RESULTS]
    assert set(told) >= ROWS.keys() - {'whole image', 'centred disc'}
    conditions = CONDITIONS.keys() - {'`half_max`'}  # the first table's
    assert all(told.count(row) == 2 for row in conditions)


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
    assert weights.parts[-2:] == (stem, f'epoch_{cfg.train_cfg.max_epochs}.pth')
    if 'quickstart_seed0' in weights.parts:
        assert 'tools/quickstart.sh' in commands[0]
    else:
        assert f'configs/{stem}.py' in commands[-1]
        assert weights.parent == Path('work_dirs', stem)
    for command in commands:
        files = [word for word in shlex.split(command) if word.startswith(('tools/', 'configs/'))]
        assert files
        assert all((ROOT / file.rstrip(';')).is_file() for file in files)


def test_no_link_is_given_to_weights():
    assert not re.search(r'Weights: *\S*://', (ROOT / 'configs/metafile.yml').read_text())
