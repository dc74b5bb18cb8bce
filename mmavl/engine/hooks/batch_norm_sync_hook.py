"""The same statistics of batch normalisation in all processes."""

from collections.abc import Iterator

from mmengine.dist import all_reduce_params, get_world_size
from mmengine.hooks import Hook
from mmengine.runner import Runner
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from mmavl.registry import HOOKS


@HOOKS.register_module()
class BatchNormSyncHook(Hook):
    """After each iteration, average the running statistics of batch normalisation over processes.

    Otherwise each process validates its share of the split with its own statistics, and a
    checkpoint has those of the first process only. Running statistics change linearly, so their
    mean is what a process that sees all shares would have collected, one share at a time.
    Layers in evaluation mode and ``SyncBatchNorm``, which have equal statistics, are left out.
    """

    priority = 'BELOW_NORMAL'

    def after_train_iter(
        self,
        runner: Runner,
        batch_idx: int,
        data_batch: dict | None = None,
        outputs: dict | None = None,
    ) -> None:
        """Average the statistics."""
        if get_world_size() == 1:
            return
        statistics = list(_running_statistics(runner.model))
        if statistics:
            all_reduce_params(statistics, op='mean')


def _running_statistics(model: nn.Module) -> Iterator[Tensor]:
    for module in model.modules():
        own = isinstance(module, _BatchNorm) and not isinstance(module, nn.SyncBatchNorm)
        if own and module.training and module.track_running_stats:
            yield module.get_buffer('running_mean')
            yield module.get_buffer('running_var')
