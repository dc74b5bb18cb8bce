"""How many epochs fit into a time."""

import copy
import json
from pathlib import Path
from typing import Any

from mmengine import Config
from mmengine.hooks import Hook
from mmengine.runner import Runner

from mmavl.engine.config import config_errors
from mmavl.engine.runner import AVRunner
from mmavl.utils.files import atomic_write
from mmavl.utils.stopwatch import Stopwatch, fastest_half

#: Steps that are timed, and those before them that are not.
_STEPS, _WARM_UP = 24, 4


class StepTimer(Hook):
    """Record the seconds of every training step, with its batch's loading."""

    priority = 'LOWEST'

    def __init__(self) -> None:
        self._watch = Stopwatch()
        self.seconds: list[float] = []

    def after_train_iter(self, runner: Runner, batch_idx: int, *args: Any, **kwargs: Any) -> None:
        """Note the time."""
        self.seconds.append(self._watch.lap())


def epochs_in(cfg: Config, minutes: float, record: Path) -> int:
    """How many epochs of training steps fit into a time; at least one.

    The same for all seeds: what was measured first is read from the record.

    Args:
        cfg (Config): A config from ``prepare_config``.
        minutes (float): The time, without validation.
        record (Path): JSON file of ``epochs``, ``iterations`` per epoch and ``step_ms``.
    """
    if not record.exists():
        seconds, iterations = time_steps(copy.deepcopy(cfg), str(record.with_suffix('')))
        epochs = max(1, round(minutes * 60 / (seconds * iterations)))
        measured = {'epochs': epochs, 'iterations': iterations, 'step_ms': 1000 * seconds}
        if not record.exists():  # another seed may have been faster
            with atomic_write(record) as file:
                json.dump(measured, file)
    return json.loads(record.read_text(encoding='utf-8'))['epochs']


def time_steps(cfg: Config, work_dir: str) -> tuple[float, int]:
    """Seconds of a training step, and how many an epoch has."""
    cfg.work_dir = work_dir
    for section in ('val', 'test'):
        for key in ('dataloader', 'evaluator', 'cfg'):
            cfg[f'{section}_{key}'] = None
    cfg.train_cfg = {'type': 'IterBasedTrainLoop', 'max_iters': _STEPS + _WARM_UP}
    cfg.param_scheduler = None
    for hook in ('checkpoint', 'visualization', 'random_state', 'termination'):
        cfg.default_hooks[hook] = None
    with config_errors(cfg):
        runner = AVRunner.from_cfg(cfg)
        timer = StepTimer()
        runner.register_hook(timer)
        runner.train()
    return fastest_half(timer.seconds[_WARM_UP:]), len(runner.train_dataloader)
