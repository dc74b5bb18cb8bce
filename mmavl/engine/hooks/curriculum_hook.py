"""Stages of a training in which the task becomes harder."""

from collections.abc import Sequence
from typing import Any

from mmengine.hooks import Hook
from mmengine.model import is_model_wrapper
from mmengine.runner import Runner

from mmavl.errors import ConfigError
from mmavl.registry import HOOKS


@HOOKS.register_module()
class CurriculumHook(Hook):
    """Begin the stages of a model's curriculum, such as :class:`~mmavl.models.localizers.CAVL`'s.

    Args:
        starts (Sequence[int]): The epoch, from 0, in which the second stage begins, the third,
            and so on, ascending.

    Raises:
        ConfigError: They do not ascend, or the model has no curriculum, or not as many stages.
    """

    def __init__(self, starts: Sequence[int]) -> None:
        self.starts = list(starts)
        if self.starts != sorted(set(self.starts)):
            raise ConfigError(f'starts={self.starts} of CurriculumHook must ascend')

    def before_train(self, runner: Runner) -> None:
        """Check that the model has all stages."""
        model = _inner(runner)
        if not hasattr(model, 'set_stage'):
            raise ConfigError(f'CurriculumHook: {type(model).__name__} has no curriculum')
        model.set_stage(len(self.starts))

    def before_train_epoch(self, runner: Runner) -> None:
        """Begin the epoch's stage."""
        _inner(runner).set_stage(sum(runner.epoch >= start for start in self.starts))


def _inner(runner: Runner) -> Any:
    return runner.model.module if is_model_wrapper(runner.model) else runner.model
