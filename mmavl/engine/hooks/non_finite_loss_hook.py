"""Stopping when a loss is no longer finite."""

import math
from typing import Any

import torch
from mmengine.hooks import Hook

from mmavl.registry import HOOKS


@HOOKS.register_module()
class NonFiniteLossHook(Hook):
    """Stop training at a NaN or infinite loss, and name the clips of the batch.

    It runs before checkpoints are saved, so the last checkpoint precedes the failure.
    """

    priority = 'VERY_HIGH'

    def after_train_iter(
        self, runner, batch_idx: int, data_batch: Any = None, outputs: dict | None = None
    ) -> None:
        """Check the losses of one iteration.

        Raises:
            FloatingPointError: A loss is not finite.
        """
        losses = {
            name: float(torch.as_tensor(value).detach().mean()) for name, value in outputs.items()
        }
        bad = {name: value for name, value in losses.items() if not math.isfinite(value)}
        if not bad:
            return
        values = ', '.join(f'{name}={value}' for name, value in bad.items())
        names = [s.get('clip_id') or s.get('img_path') for s in data_batch['data_samples']]
        clips = ', '.join(map(str, names))  # a detector's samples have no clip
        raise FloatingPointError(
            f'{values} at epoch {runner.epoch + 1}, iteration {runner.iter + 1}. '
            f'Clips of the batch: {clips}. Check these clips, or lower the learning rate and '
            'run again with --resume'
        )
