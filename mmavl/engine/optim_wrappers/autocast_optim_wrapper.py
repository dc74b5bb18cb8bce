"""Mixed precision training on a CPU or a GPU."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from mmengine.device import get_device
from mmengine.optim import OptimWrapper
from torch import nn

from mmavl.engine.autocast import resolve_dtype
from mmavl.registry import OPTIM_WRAPPERS


@OPTIM_WRAPPERS.register_module()
class AutocastOptimWrapper(OptimWrapper):
    """Compute losses in bfloat16 and with channels-last convolutions where that is faster.

    mmengine's ``AmpOptimWrapper`` refuses CPUs, where bfloat16 pays most. bfloat16 has the
    range of float32, so no loss scaling is needed. With float32 (also by ``'auto'`` on a
    machine without fast bfloat16) this is a plain ``OptimWrapper``.

    Args:
        dtype (str): 'bfloat16', 'float32', or 'auto': bfloat16 where the hardware has it.
            Defaults to 'auto'.
        **kwargs: Arguments of ``OptimWrapper``.
    """

    def __init__(self, dtype: str = 'auto', **kwargs) -> None:
        super().__init__(**kwargs)
        self.dtype = resolve_dtype(dtype)

    def initialize_count_status(self, model: nn.Module, init_counts: int, max_counts: int) -> None:
        """Also lay the model's weights out for channels-last convolutions."""
        super().initialize_count_status(model, init_counts, max_counts)
        if self.dtype == torch.bfloat16:
            model.to(memory_format=torch.channels_last)

    @contextmanager
    def optim_context(self, model: nn.Module) -> Iterator[None]:
        """Autocast the forward pass and the loss."""
        enabled = self.dtype == torch.bfloat16
        with (
            super().optim_context(model),
            torch.autocast(get_device(), torch.bfloat16, enabled=enabled),
        ):
            yield
