"""Loops that resume inside an epoch, and that evaluate in mixed precision."""

import torch
from mmengine.evaluator import Evaluator
from mmengine.logging import print_log
from mmengine.runner import EpochBasedTrainLoop, Runner, TestLoop, ValLoop
from torch.utils.data import DataLoader

from mmavl.registry import LOOPS
from mmavl.utils.autocast import Precision


@LOOPS.register_module()
class ResumableEpochLoop(EpochBasedTrainLoop):
    """Train by epochs; a run that stopped inside an epoch continues with the next batch.

    mmengine's loop would restart the epoch. Here, the batches already trained on are
    loaded again and skipped, so that the random numbers drawn while loading stay in step.
    Only ``persistent_workers`` with a random pipeline cannot be resumed exactly: the state of
    their generators persists between epochs and cannot be saved.
    """

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
