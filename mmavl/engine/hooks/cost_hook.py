"""What a model costs: parameters, and time per clip."""

from typing import Any

from mmengine.hooks import Hook
from mmengine.runner import Runner

from mmavl.registry import HOOKS
from mmavl.utils.stopwatch import Stopwatch, fastest_half


@HOOKS.register_module()
class CostHook(Hook):
    """Add what a model costs to the metrics of a test.

    ``cost/parameters``; ``cost/trained``, those of them that are trained; and
    ``cost/ms_per_clip``, the milliseconds that the model takes for a clip in a batch of the test,
    from the fastest half of the batches. Loading is not counted; with cached features, neither
    are the backbones.
    """

    priority = 'LOWEST'

    def __init__(self) -> None:
        self._watch = Stopwatch()
        self._times: list[float] = []

    def before_test_epoch(self, runner: Runner) -> None:
        """Begin."""
        self._times = []

    def before_test_iter(self, runner: Runner, batch_idx: int, data_batch: Any = None) -> None:
        """Start the watch."""
        self._watch.lap()

    def after_test_iter(
        self, runner: Runner, batch_idx: int, data_batch: Any = None, outputs: Any = None
    ) -> None:
        """Note how long a clip of the batch took."""
        self._times.append(1000 * self._watch.lap() / max(len(outputs), 1))

    def after_test_epoch(self, runner: Runner, metrics: dict[str, float] | None = None) -> None:
        """Add to the metrics."""
        if metrics is None:
            return
        parameters = list(runner.model.parameters())
        metrics['cost/parameters'] = sum(p.numel() for p in parameters)
        metrics['cost/trained'] = sum(p.numel() for p in parameters if p.requires_grad)
        metrics['cost/ms_per_clip'] = fastest_half(self._times)
