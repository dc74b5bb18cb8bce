"""Training with frozen batch normalisation statistics."""

from mmengine.hooks import Hook
from mmengine.runner import Runner
from torch.nn.modules.batchnorm import _BatchNorm

from mmavl.registry import HOOKS


@HOOKS.register_module()
class FreezeBatchNormHook(Hook):
    """Keep all batch normalisation in evaluation mode during training.

    Its running statistics then stay those of the initial weights, and a clip's features do not
    depend on its batch: with small batches, or a batch that is split over several processes,
    the losses equal those of one large batch. Scale and shift are still trained.
    """

    def before_train_iter(
        self, runner: Runner, batch_idx: int, data_batch: dict | None = None
    ) -> None:
        """Undo ``model.train()``, which the loops call after each epoch-wise hook."""
        for module in runner.model.modules():
            if isinstance(module, _BatchNorm):
                module.eval()
