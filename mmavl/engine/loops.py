"""Loops that resume inside an epoch, and that evaluate in mixed precision."""

import torch
from mmengine.evaluator import Evaluator
from mmengine.logging import print_log
from mmengine.runner import EpochBasedTrainLoop, Runner, TestLoop, ValLoop
from torch import nn
from torch.utils.data import DataLoader

from mmavl.registry import LOOPS
from mmavl.utils.autocast import Precision

#: In the message hub, hence in checkpoints: the last epoch that was validated.
_VALIDATED = 'mmavl_validated_epoch'


@LOOPS.register_module()
class ResumableEpochLoop(EpochBasedTrainLoop):
    """Train by epochs; a run that stopped inside an epoch continues with the next batch.

    mmengine's loop would restart the epoch. Here, the batches already trained on are
    loaded again and skipped, so that the random numbers drawn while loading stay in step.
    Only ``persistent_workers`` with a random pipeline cannot be resumed exactly: the state of
    their generators persists between epochs and cannot be saved.

    A checkpoint of an epoch is saved before its validation. A run that continues from it
    validates first, so that scores and schedules are those of an uninterrupted run.
    """

    def run(self) -> nn.Module:
        """Train all epochs, or the rest of them."""
        self.runner.call_hook('before_train')
        self._decide_current_val_interval()
        validated = self.runner.message_hub.runtime_info.get(_VALIDATED)
        if self._epoch > 0 and self.batches_done == 0 and validated != self._epoch:
            self._validate()
        while self._epoch < self._max_epochs and not self.stop_training:
            self.run_epoch()
            self._decide_current_val_interval()
            self._validate()
        self.runner.call_hook('after_train')
        return self.runner.model

    def _validate(self) -> None:
        """Validate if this epoch's turn has come."""
        due = self._epoch % self.val_interval == 0 or self._epoch == self._max_epochs
        if self.runner.val_loop is not None and self._epoch >= self.val_begin and due:
            # only what is saved after the validation has this
            self.runner.message_hub.update_info(_VALIDATED, self._epoch)
            self.runner.val_loop.run()

    @property
    def batches_done(self) -> int:
        """Batches of the current epoch that were already trained on; 0 at its start."""
        done = self._iter - self._epoch * len(self.dataloader)
        # if the batch size or number of processes has changed, the epoch starts again
        return done if 0 <= done <= len(self.dataloader) else 0

    def run_epoch(self) -> None:
        """Train for one epoch, or for the rest of it."""
        self.runner.call_hook('before_train_epoch')
        self.runner.model.train()
        done = self.batches_done
        state = torch.get_rng_state()
        batches = enumerate(self.dataloader)
        torch.set_rng_state(state)  # creating workers draws a seed, keeping them does not
        for _ in range(done):
            next(batches)
            self.runner.call_hook('during_fast_forward')
        self.runner.call_hook('after_fast_forward')
        for index, batch in batches:
            self.run_iter(index, batch)
        self.runner.call_hook('after_train_epoch')
        self._epoch += 1


class _AutocastLoop:
    """Adds mixed precision to mmengine's evaluation loops.

    Args:
        runner (Runner): The runner.
        dataloader (DataLoader | dict): The data.
        evaluator (Evaluator | dict | list): The metrics, computed in full precision.
        dtype (str): As for ``AutocastOptimWrapper``. Defaults to 'auto'.
    """

    title: str

    def __init__(
        self,
        runner: Runner,
        dataloader: DataLoader | dict,
        evaluator: Evaluator | dict | list,
        dtype: str = 'auto',
    ) -> None:
        precision = Precision.choose(dtype)
        print_log(f'{self.title} computes {precision}.', logger='current')
        # the meaning of mmengine's flag for evaluation loops
        torch.set_autocast_dtype(precision.device, torch.bfloat16)
        # of ValLoop or TestLoop
        super().__init__(  # type: ignore[call-arg]
            runner, dataloader, evaluator, fp16=precision.is_bfloat16
        )
        precision.prepare(runner.model)


@LOOPS.register_module()
class AutocastValLoop(_AutocastLoop, ValLoop):
    """Validate in the precision that ``AutocastOptimWrapper`` trains in: ``dtype='auto'``."""

    title = 'Validation'


@LOOPS.register_module()
class AutocastTestLoop(_AutocastLoop, TestLoop):
    """Test in the precision that ``AutocastOptimWrapper`` trains in: ``dtype='auto'``."""

    title = 'Testing'
