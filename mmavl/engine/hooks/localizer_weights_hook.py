"""Loading a trained localizer into a separator."""

from mmengine.hooks import Hook
from mmengine.model import is_model_wrapper
from mmengine.runner import Runner

from mmavl.engine.checkpoint import check_model_name, load_checkpoint, load_state
from mmavl.registry import HOOKS


@HOOKS.register_module()
class LocalizerWeightsHook(Hook):
    """Load the weights of ``model.localizer`` from its own run, e.g. of stage 2.

    A run that loads or resumes a checkpoint of the whole separator already has them, and is not
    changed.

    Args:
        checkpoint (str): A checkpoint of the localizer; read without executing code.

    Raises:
        FileNotFoundError: The file does not exist.
        CheckpointError: It belongs to another localizer.
    """

    def __init__(self, checkpoint: str) -> None:
        self.checkpoint = checkpoint

    def before_run(self, runner: Runner) -> None:
        """Load the weights."""
        if runner._load_from is not None or runner._resume:
            return
        try:
            checkpoint = load_checkpoint(self.checkpoint)
        except FileNotFoundError as error:
            raise FileNotFoundError(
                f"{error}: train the localizer first, or set the hook's checkpoint"
            ) from error
        model = runner.model.module if is_model_wrapper(runner.model) else runner.model
        check_model_name(model.localizer, checkpoint, self.checkpoint)
        load_state(model.localizer, checkpoint['state_dict'], self.checkpoint, strict=True)
        runner.logger.info(f'Loaded the weights of the localizer from {self.checkpoint}.')
