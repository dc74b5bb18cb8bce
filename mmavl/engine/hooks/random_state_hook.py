"""Exact resuming: the states of the random number generators are saved in checkpoints."""

from typing import Any

import torch
from mmengine.dist import all_gather_object, get_rank
from mmengine.hooks import Hook

from mmavl.registry import HOOKS
from mmavl.utils import random_state


def get_random_state() -> dict[str, Any]:
    """The state of Python's, numpy's and torch's generators, as tensors and plain values."""
    state = random_state.get_random_state()
    if torch.cuda.is_available():
        state['cuda'] = torch.cuda.get_rng_state()
    return state


def set_random_state(state: dict[str, Any]) -> None:
    """Restore a state returned by ``get_random_state``."""
    random_state.set_random_state(state)
    if 'cuda' in state and torch.cuda.is_available():
        torch.cuda.set_rng_state(state['cuda'].cpu())


@HOOKS.register_module()
class RandomStateHook(Hook):
    """Save the random state of each process, and restore it when training resumes.

    A resumed run then draws the same numbers as an uninterrupted one. For the same reason,
    validation does not change the random state of the training.

    Needs ``AtomicCheckpointHook``, which calls ``before_gather_checkpoint`` on each process,
    and ``ResumableEpochLoop`` if a run may stop inside an epoch.
    """

    priority = 'LOWEST'

    def __init__(self) -> None:
        self._epoch_start: dict | None = None
        self._before_val: dict | None = None
        self._to_save: list[dict] | None = None
        self._to_restore: dict | None = None

    def before_gather_checkpoint(self, runner) -> None:
        """Collect the states of all processes; called on each of them before saving."""
        now = self._before_val or get_random_state()
        self._to_save = all_gather_object({'epoch_start': self._epoch_start, 'now': now})

    def before_save_checkpoint(self, runner, checkpoint: dict) -> None:
        """Store the collected states; checkpoints for inference only ('best') have none."""
        if self._to_save is not None:
            checkpoint['random_state'] = self._to_save
            self._to_save = None

    def after_load_checkpoint(self, runner, checkpoint: dict) -> None:
        """Keep this process's state until training starts."""
        states = checkpoint.get('random_state')
        if isinstance(states, list) and len(states) == runner.world_size:
            self._to_restore = states[get_rank()]
        else:
            self._to_restore = None

    def before_train(self, runner) -> None:
        """Discard the states of a checkpoint from which only weights were loaded."""
        if runner.iter == 0:
            self._to_restore = None
        elif self._to_restore is None:
            runner.logger.warning(
                'The checkpoint has no random states for this number of processes: training '
                'continues, but with other random numbers than an uninterrupted run.'
            )

    def before_train_epoch(self, runner) -> None:
        """Store, or restore, the state at the start of the epoch."""
        if self._to_restore is not None:
            if getattr(runner.train_loop, 'batches_done', 0) > 0:
                set_random_state(self._to_restore['epoch_start'])
            else:
                self._restore_now(self._to_restore)
        self._epoch_start = get_random_state()

    def after_fast_forward(self, runner) -> None:
        """Restore the state after the last trained batch."""
        if self._to_restore is not None:
            self._restore_now(self._to_restore)

    def _restore_now(self, state: dict) -> None:
        set_random_state(state['now'])
        self._to_restore = None

    def before_val(self, runner) -> None:
        """Store the training's state, also if a resumed run validates first."""
        if self._to_restore is not None:
            self._restore_now(self._to_restore)
        self._before_val = get_random_state()

    def after_val(self, runner) -> None:
        """Restore the training's state."""
        if self._before_val is not None:
            set_random_state(self._before_val)
        self._before_val = None
