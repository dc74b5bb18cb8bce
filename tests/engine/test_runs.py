import pytest
import torch

from mmavl.engine.runs import Runs
from mmavl.errors import ConfigError


@pytest.fixture
def trained(tmp_path):
    """Make tiny checkpoints of a run."""

    def make(name, *epochs):
        folder = tmp_path / 'runs' / name
        folder.mkdir(parents=True, exist_ok=True)
        files = [folder / f'epoch_{epoch}.pth' for epoch in epochs]
        for epoch, file in zip(epochs, files):
            torch.save({'meta': {'epoch': epoch, 'iter': epoch}, 'state_dict': {}}, file)
        (folder / 'last_checkpoint').write_text(str(files[-1]))
        return files[-1]

    return make


def test_a_run_is_its_last_checkpoint_and_one_elsewhere_goes_before(tmp_path, trained):
    last = trained('stage2_scenes', 2, 11)
    other = trained('mine', 1)
    runs = Runs(tmp_path / 'runs')
    assert runs.checkpoint('stage2_scenes') == last
    assert runs.checkpoint('stage1_scenes') is None
    runs = Runs(tmp_path / 'runs', [f'stage2_scenes={other}'])
    assert runs.checkpoint('stage2_scenes') == other
    assert runs.folder('stage2_scenes') == other.parent
    assert runs.folder('stage1_scenes') == tmp_path / 'runs/stage1_scenes'


@pytest.mark.parametrize('pair', ['stage2_scenes', 'stage2_scenes=nowhere.pth'])
def test_a_run_elsewhere_must_be_named_and_exist(pair):
    with pytest.raises(ConfigError, match=rf'--run {pair}: give the name'):
        Runs('runs', [pair])


def test_commands_start_from_what_is_there_or_train_that_first(tmp_path, trained):
    runs = Runs(tmp_path / 'runs')
    root = tmp_path / 'runs'
    separate = f'mmavl train separation_scenes --work-dir {root}'
    *first, last = runs.commands('separation_scenes')
    assert [command.split()[2] for command in first] == [
        'stage1_scenes_class',
        'stage2_scenes_class',
    ]
    key = 'custom_hooks.1.checkpoint'
    start = root / 'stage2_scenes_class/epoch_16.pth'
    assert last == f'{separate}/separation_scenes --cfg-options {key}={start}'
    start = trained('stage2_scenes_class', 4)
    (last,) = runs.commands('separation_scenes')
    assert last == f'{separate}/separation_scenes --cfg-options {key}={start}'


def test_without_a_dump_nothing_is_run_if_only_dumps_are_wanted(tmp_path, trained):
    trained('stage2_scenes', 1)
    runs = Runs(tmp_path / 'runs', dumps_only=True, cfg_options={'data_root': str(tmp_path)})
    with pytest.raises(FileNotFoundError, match=r'no dump in .*stage2_scenes is newer'):
        runs.predictions('stage2_scenes', 'stage2_scenes', 'test')
    with pytest.raises(FileNotFoundError, match=r'no dump in .*random_scenes is newer'):
        runs.predictions('random_scenes', None, 'test')
    with pytest.raises(FileNotFoundError, match=r'no checkpoint; `mmavl train .*` makes'):
        runs.predictions('stage1_scenes', 'stage1_scenes', 'test')
