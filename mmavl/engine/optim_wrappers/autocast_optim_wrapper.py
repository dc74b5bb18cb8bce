"""Mixed precision training on a CPU or a GPU."""

from collections.abc import Iterator
from contextlib import contextmanager

from mmengine.logging import print_log
from mmengine.optim import OptimWrapper
from torch import nn

from mmavl.registry import OPTIM_WRAPPERS
from mmavl.utils.autocast import Precision


@OPTIM_WRAPPERS.register_module()
class AutocastOptimWrapper(OptimWrapper):
    """Train in bfloat16 and with channels-last convolutions if that is faster.

    mmengine's ``AmpOptimWrapper`` does not support CPUs, where bfloat16 helps most. bfloat16 has
    the range of float32, so no loss scaling is needed. With float32 (also chosen by ``'auto'`` on
    a machine without fast bfloat16) this is a plain ``OptimWrapper``.

    Args:
        dtype (str): 'bfloat16', 'float32', or 'auto': bfloat16 if the hardware supports it.
            Defaults to 'auto'.
        **kwargs: Arguments of ``OptimWrapper``.
    """

    def __init__(self, dtype: str = 'auto', **kwargs) -> None:
        super().__init__(**kwargs)
        self.precision = Precision.choose(dtype)
        print_log(f'Training computes {self.precision}.', logger='current')

    def initialize_count_status(self, model: nn.Module, init_counts: int, max_counts: int) -> None:
        """Also prepare the model for bfloat16."""
        super().initialize_count_status(model, init_counts, max_counts)
        self.precision.prepare(model)

    @contextmanager
    def optim_context(self, model: nn.Module) -> Iterator[None]:
        """Autocast the forward pass and the loss."""
        with super().optim_context(model), self.precision.autocast():
            yield
