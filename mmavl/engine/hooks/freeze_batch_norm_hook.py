"""Train with the batch normalisation's statistics as they are."""

from mmengine.hooks import Hook
from mmengine.runner import Runner
from torch.nn.modules.batchnorm import _BatchNorm

from mmavl.registry import HOOKS


@HOOKS.register_module()
class FreezeBatchNormHook(Hook):
    """Keep every batch normalisation in evaluation mode while the model trains.

    Its running statistics then stay those that the weights came with, and a clip's features do
    not depend on the rest of its batch: with small batches, and with a batch that is shared out
    over several processes, this makes the losses those of the one large batch. Scale and shift
    are still trained.
    """

    def before_train_iter(
        self, runner: Runner, batch_idx: int, data_batch: dict | None = None
    ) -> None:
        """Undo what ``model.train()`` did, which the loops call after every epoch-wise hook."""
        for module in runner.model.modules():
            if isinstance(module, _BatchNorm):
                module.eval()
