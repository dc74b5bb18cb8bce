"""Keeping NaN and infinity out of the weights."""

import math
from typing import Any

import torch
from mmengine.dist import all_gather_object
from mmengine.hooks import Hook
from mmengine.optim import OptimWrapperDict
from torch import Tensor
from torch.nn.utils import get_total_norm
from torch.optim import Optimizer

from mmavl.engine.checkpoint import first_non_finite
from mmavl.registry import HOOKS


@HOOKS.register_module()
class NonFiniteHook(Hook):
    """Stop training, or skip the batch, when a loss or a gradient is NaN or infinite.

    - The norm of the gradient is checked before each step of the optimizer; a bad gradient changes
      no weights.
    - Losses are checked after each iteration, before any checkpoint is saved.
    - Weights and buffers are checked before they are saved, so that no checkpoint has such values.

    The message has the iteration, the clips since the previous step, and all loss terms. In
    float16, infinite gradients are part of loss scaling: mmengine's ``AmpOptimWrapper`` skips
    them itself, and they are not counted here.

    Reading the norm of the gradient and the losses makes the host wait for the device: once
    before the step, and once, in place of mmengine's own wait for the losses, after it.

    Args:
        max_skipped (int): Number of batches that a run may skip; the next one stops it. A skipped
            batch changes neither weights nor buffers, which are therefore copied in each
            iteration. Defaults to 0.

    Raises:
        FloatingPointError: (In training.) A loss, a gradient or a weight is not finite.
    """

    priority = 'VERY_HIGH'

    def __init__(self, max_skipped: int = 0) -> None:
        self.max_skipped = max_skipped
        self._skipped = 0
        self._batches: list[list[str]] = []  # since the last step
        self._bad_gradient = self._stepped = False
        self._buffers: dict[str, Tensor] = {}

    def before_train(self, runner) -> None:
        """Watch the steps of all optimizers."""
        wrapper = runner.optim_wrapper
        for each in wrapper.values() if isinstance(wrapper, OptimWrapperDict) else [wrapper]:
            scaled = hasattr(each, 'loss_scaler')
            watch = self._note_step if scaled else self._check_gradients
            each.optimizer.register_step_pre_hook(watch)

    def before_train_iter(self, runner, batch_idx: int, data_batch: Any = None) -> None:
        """Note the clips, and copy the buffers if the batch may be skipped."""
        if self._stepped:
            self._batches, self._stepped = [], False
        # a detector's samples have no clip
        names = [s.get('clip_id') or s.get('img_path') for s in data_batch['data_samples']]
        self._batches.append(list(map(str, names)))
        if self.max_skipped:
            self._buffers = {name: b.clone() for name, b in runner.model.named_buffers()}

    def after_train_iter(
        self, runner, batch_idx: int, data_batch: Any = None, outputs: dict | None = None
    ) -> None:
        """Check the losses of one iteration, and whether its step was prevented.

        Raises:
            FloatingPointError: A loss or the gradient is not finite, or the weights already were
                not before this iteration.
        """
        losses = _values(outputs or {})
        if not self._bad_gradient and not _bad(losses):
            return
        place = f'epoch {runner.epoch + 1}, iteration {runner.iter + 1}'
        if name := first_non_finite(runner.model.named_parameters()):
            raise FloatingPointError(
                f'the weights ({name}) were no longer finite before {place}: lower the learning '
                'rate and run again with --resume'
            )
        message = self._describe(losses, place)
        self._skipped += 1
        if self._skipped > self.max_skipped:
            raise FloatingPointError(
                f'{message} Check these clips, lower the learning rate, or allow such batches to '
                f'be skipped (max_skipped of {type(self).__name__}), and run again with --resume'
            )
        self._skip(runner)
        runner.logger.warning(
            f'{message} Skipped ({self._skipped} of at most {self.max_skipped}).'
        )

    def before_save_checkpoint(self, runner, checkpoint: dict) -> None:
        """Check what is about to be saved.

        Raises:
            FloatingPointError: A weight or buffer is not finite; nothing is saved.
        """
        if name := first_non_finite(checkpoint['state_dict'].items()):
            raise FloatingPointError(
                f'the weights ({name}) are no longer finite after iteration '
                f'{checkpoint["meta"]["iter"]} and were not saved: lower the learning rate and '
                'run again with --resume'
            )

    def _note_step(self, *args: Any) -> None:
        self._stepped = True

    def _check_gradients(self, optimizer: Optimizer, *args: Any) -> None:
        """Let the optimizer step only along a finite gradient."""
        self._stepped = True
        groups = [group['params'] for group in optimizer.param_groups]
        gradients = [p.grad for group in groups for p in group if p.grad is not None]
        if gradients and not get_total_norm(gradients).isfinite():
            self._bad_gradient = True
            optimizer.zero_grad()  # optimizers leave out parameters without a gradient

    def _describe(self, losses: dict[str, float], place: str) -> str:
        report = losses, self._batches[-1:] if _bad(losses) else self._batches
        # all processes have the same gradient, so that all of them get here
        reports = all_gather_object(report) if self._bad_gradient else [report]
        reports = [each for each in reports if _bad(each[0])] or reports
        losses = reports[0][0]
        bad = _terms(_bad(losses)) or 'the gradient is not finite'
        rest = _terms({k: v for k, v in losses.items() if k not in _bad(losses)})
        clips = ', '.join(name for _, batches in reports for batch in batches for name in batch)
        return f'{bad}{f" ({rest})" * bool(rest)} at {place}. Clips of the batch: {clips}.'

    @torch.no_grad()
    def _skip(self, runner) -> None:
        """Leave no trace of the batches since the last step."""
        runner.optim_wrapper.zero_grad()
        for name, buffer in runner.model.named_buffers():
            buffer.copy_(self._buffers[name])
        self._bad_gradient, self._stepped = False, True


def _values(outputs: dict[str, Any]) -> dict[str, float]:
    """Read all terms of the loss from the device at once."""
    terms = [torch.as_tensor(value).detach().float().mean() for value in outputs.values()]
    device = max((t.device for t in terms), key=lambda d: d.type != 'cpu', default=None)
    values = torch.stack([t.to(device) for t in terms]).tolist() if terms else []
    return dict(zip(outputs, values))


def _bad(losses: dict[str, float]) -> dict[str, float]:
    return {name: value for name, value in losses.items() if not math.isfinite(value)}


def _terms(losses: dict[str, float]) -> str:
    return ', '.join(f'{name}={value:.4g}' for name, value in losses.items())
