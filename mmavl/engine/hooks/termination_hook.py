"""Stopping cleanly on SIGTERM."""

import signal
from typing import Any

import torch
from mmengine.device import get_device
from mmengine.dist import all_reduce, get_world_size
from mmengine.hooks import Hook

from mmavl.engine.hooks.atomic_checkpoint_hook import AtomicCheckpointHook
from mmavl.registry import HOOKS

#: Exit status of a run that was asked to stop and can be resumed (EX_TEMPFAIL of sysexits.h).
EXIT_STATUS = 75


@HOOKS.register_module()
class TerminationHook(Hook):
    """On SIGTERM, finish the iteration, save a checkpoint and exit with status 75.

    A running validation is finished first. Needs ``AtomicCheckpointHook`` among the default
    hooks. Under torchrun, the checkpoint is saved, too, but torchrun sets the exit status.
    """

    priority = 'LOWEST'

    def __init__(self) -> None:
        self._requested = False
        self._previous: Any = signal.SIG_DFL

    def before_train(self, runner) -> None:
        """Listen."""
        self._previous = signal.signal(signal.SIGTERM, self._request)

    def after_train(self, runner) -> None:
        """Stop listening."""
        signal.signal(signal.SIGTERM, self._previous)

    def after_train_iter(
        self, runner, batch_idx: int, data_batch: Any = None, outputs: dict | None = None
    ) -> None:
        """Stop between two iterations."""
        if self._agreed():
            self._stop(runner, runner.iter + 1)

    def after_val(self, runner) -> None:
        """Stop between validation and the next epoch."""
        if self._agreed():
            self._stop(runner, runner.iter)

    def _request(self, signum: int, frame: Any) -> None:
        self._requested = True  # torchrun repeats the signal: the second one must not kill

    def _agreed(self) -> bool:
        """Whether any process was asked to stop: all must stop at the same iteration."""
        if get_world_size() == 1:
            return self._requested
        requested = torch.tensor(int(self._requested), device=get_device())
        all_reduce(requested, 'max')
        return bool(requested)

    def _stop(self, runner, iteration: int) -> None:
        hooks = [hook for hook in runner.hooks if isinstance(hook, AtomicCheckpointHook)]
        path = hooks[0].save_now(runner, runner.epoch, iteration)
        runner.logger.warning(
            f'SIGTERM: stopped after iteration {iteration}, saved {path}. Run the same command '
            'with --resume to continue.'
        )
        raise SystemExit(EXIT_STATUS)
