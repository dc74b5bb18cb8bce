"""Stopping cleanly when asked to."""

import signal
from typing import Any

import torch
from mmengine.device import get_device
from mmengine.dist import all_reduce, barrier, get_world_size
from mmengine.hooks import Hook

from mmavl.engine.hooks.atomic_checkpoint_hook import AtomicCheckpointHook
from mmavl.engine.stop_signals import STOPPED, StopSignals, end_now
from mmavl.registry import HOOKS


@HOOKS.register_module()
class TerminationHook(Hook):
    """On SIGTERM, SIGINT, SIGHUP or SIGUSR1, finish the iteration, save, and exit with status 75.

    A running validation is finished first. A second signal, more than a second after the first,
    ends the process at once. Of several processes, all stop after the same iteration, whichever
    of them received the signal. Needs ``AtomicCheckpointHook`` among the default hooks.
    """

    priority = 'LOWEST'

    def __init__(self) -> None:
        self._requested = 0
        self._signals = StopSignals(self._request, end_now)

    def before_train(self, runner) -> None:
        """Listen."""
        self._signals.listen()

    def when_train_ends(self, runner) -> None:
        """Stop listening, also if an error ends the training: Ctrl+C must work again."""
        self._signals.close()

    def during_fast_forward(self, runner) -> None:
        """Stop while batches are skipped: there is nothing new to save."""
        if self._requested:
            runner.logger.warning(
                f'{signal.Signals(self._requested).name}: stopped before the first new iteration.'
            )
            raise SystemExit(STOPPED)

    def after_train_iter(
        self, runner, batch_idx: int, data_batch: Any = None, outputs: dict | None = None
    ) -> None:
        """Stop between two iterations."""
        self._stop_if_requested(runner, runner.iter + 1)

    def after_val(self, runner) -> None:
        """Stop between validation and the next epoch."""
        self._stop_if_requested(runner, runner.iter)

    def _request(self, number: int) -> None:
        self._requested = number

    def _stop_if_requested(self, runner, iteration: int) -> None:
        number = self._agreed()
        if not number:
            return
        hooks = [hook for hook in runner.hooks if isinstance(hook, AtomicCheckpointHook)]
        path = hooks[0].save_now(runner, runner.epoch, iteration)
        barrier()  # launchers end all processes as soon as one exits
        self._signals.close()
        runner.logger.warning(
            f'{signal.Signals(number).name}: stopped after iteration {iteration}, saved {path}. '
            'Run the same command with --resume to continue.'
        )
        raise SystemExit(STOPPED)

    def _agreed(self) -> int:
        """The signal that any process received: all must stop after the same iteration."""
        if get_world_size() == 1:
            return self._requested
        requested = torch.tensor(self._requested, device=get_device())
        all_reduce(requested, 'max')
        return int(requested)
