from types import SimpleNamespace

import pytest
from torch import nn

from mmavl.engine.hooks import CurriculumHook
from mmavl.errors import ConfigError


class Pupil(nn.Module):
    """Notes its stages."""

    def __init__(self):
        super().__init__()
        self.stages = []

    def set_stage(self, stage):
        """Note it."""
        if stage > 2:
            raise ConfigError(f'no stage {stage}')
        self.stages.append(stage)


def test_stages_begin_in_their_epochs_also_in_a_resumed_run():
    hook, model = CurriculumHook(starts=[1, 3]), Pupil()
    for epoch in (0, 1, 2, 3, 4, 1):
        hook.before_train_epoch(SimpleNamespace(model=model, epoch=epoch))
    assert model.stages == [0, 1, 1, 2, 2, 1]


def test_a_missing_stage_is_named_before_training():
    with pytest.raises(ConfigError, match='no stage 3'):
        CurriculumHook([1, 2, 3]).before_train(SimpleNamespace(model=Pupil(), epoch=0))
    with pytest.raises(ConfigError, match='Linear has no curriculum'):
        CurriculumHook([1]).before_train(SimpleNamespace(model=nn.Linear(1, 1), epoch=0))
    with pytest.raises(ConfigError, match=r'starts=\[2, 1\]'):
        CurriculumHook([2, 1])
