from types import SimpleNamespace

import pytest
import torch
from mmengine.logging import MMLogger
from torch import nn

from mmavl.engine.hooks import LocalizerWeightsHook
from mmavl.errors import CheckpointError


@pytest.fixture
def runner():
    model = nn.Module()
    model.localizer = nn.Linear(2, 3)
    logger = MMLogger.get_instance('test_localizer_weights_hook')
    return SimpleNamespace(model=model, logger=logger, _load_from=None, _resume=False)


@pytest.fixture
def checkpoint(tmp_path):
    weights = nn.Linear(2, 3).state_dict()
    torch.save({'state_dict': weights}, tmp_path / 'stage2.pth')
    return str(tmp_path / 'stage2.pth'), weights


def test_the_localizer_gets_the_weights_of_its_own_run(runner, checkpoint):
    path, weights = checkpoint
    LocalizerWeightsHook(path).before_run(runner)
    assert torch.equal(runner.model.localizer.weight, weights['weight'])


@pytest.mark.parametrize('given', [{'_load_from': 'separator.pth'}, {'_resume': True}])
def test_a_separators_own_checkpoint_is_left_alone(runner, checkpoint, given):
    before = runner.model.localizer.weight.detach().clone()
    vars(runner).update(given)
    LocalizerWeightsHook(checkpoint[0]).before_run(runner)
    assert torch.equal(runner.model.localizer.weight, before)


def test_a_missing_or_wrong_checkpoint_says_what_to_do(runner, tmp_path):
    with pytest.raises(FileNotFoundError, match=r'stage2\.pth.*train the localizer first'):
        LocalizerWeightsHook(str(tmp_path / 'stage2.pth')).before_run(runner)
    torch.save({'state_dict': nn.Linear(5, 3).state_dict()}, tmp_path / 'other.pth')
    with pytest.raises(CheckpointError, match='another model'):
        LocalizerWeightsHook(str(tmp_path / 'other.pth')).before_run(runner)


def test_weights_of_another_method_are_refused_though_they_fit(runner, checkpoint):
    path, weights = checkpoint
    torch.save({'state_dict': weights, 'meta': {'model': 'LVS'}}, path)
    with pytest.raises(CheckpointError, match=r"stage2\.pth .* as 'LVS', but .* builds Linear"):
        LocalizerWeightsHook(path).before_run(runner)
