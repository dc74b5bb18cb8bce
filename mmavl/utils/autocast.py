"""Choosing the number format that a model computes in."""

from dataclasses import dataclass
from typing import Any

import torch
from mmengine.device import get_device
from mmengine.structures import BaseDataElement
from torch import nn

from mmavl.utils.options import DTYPES

#: Names in torch.cpu.get_capabilities() of instructions for bfloat16 matrix products.
_CPU_BF16 = ('amx_bf16', 'avx512_bf16', 'bf16', 'sve_bf16')


def full_precision(device: torch.device) -> torch.autocast:
    """A context without autocast, in which layers compute in the format of their inputs.

    Args:
        device (torch.device): The device they run on.
    """
    known = torch.amp.is_autocast_available(device.type)
    return torch.autocast(device.type if known else 'cpu', enabled=False)


def bfloat16_instructions(device: str) -> str:
    """The instructions for bfloat16 matrix products on a device; '' if none. Decides 'auto'.

    A CPU without such instructions still computes in bfloat16, but many times slower than in
    float32.

    Args:
        device (str): A device type, e.g. 'cpu' or 'cuda'.
    """
    if device == 'cpu':
        # torch below 2.10 cannot tell; float32 is always a safe choice
        capabilities: dict = getattr(torch.cpu, 'get_capabilities', dict)()
        return next((name for name in _CPU_BF16 if capabilities.get(name, False)), '')
    if device == 'cuda' and torch.cuda.is_bf16_supported(including_emulation=False):
        return 'bfloat16 cores'
    return ''


@dataclass(frozen=True)
class Precision:
    """The number format of a model's forward pass, and the reason for it.

    Parameters, losses, metrics and saved results are float32 in either case.

    Attributes:
        dtype (torch.dtype): ``torch.float32`` or ``torch.bfloat16``.
        device (str): The device type, e.g. 'cpu'.
        reason (str): The end of a sentence about the choice.
    """

    dtype: torch.dtype
    device: str
    reason: str

    @classmethod
    def choose(cls, name: str = 'auto', device: str | None = None) -> 'Precision':
        """Choose the format for the ``dtype`` of a config or a command.

        Args:
            name (str): One of :data:`~mmavl.utils.options.DTYPES`; 'auto' is bfloat16 if the
                hardware supports it.
            device (str, optional): E.g. 'cpu' or 'cuda:0'. Defaults to mmengine's device.

        Raises:
            ValueError: The name is unknown.
        """
        if name not in DTYPES:
            raise ValueError(f"dtype must be 'auto', 'bfloat16' or 'float32', not {name!r}")
        device = torch.device(device or get_device()).type
        instructions = bfloat16_instructions(device)
        this = f'this {"GPU" if device == "cuda" else device.upper()}'
        if name != 'auto':
            reason = f', as set by dtype={name}'
            if name == 'bfloat16' and not instructions:
                reason += f'; {this} only emulates it, which is slow'
        else:
            name = 'bfloat16' if instructions else 'float32'
            reason = f': {this} has {instructions or "no fast bfloat16"}'
        return cls(getattr(torch, name), device, reason)

    @property
    def is_bfloat16(self) -> bool:
        """Whether the format is bfloat16."""
        return self.dtype == torch.bfloat16

    def autocast(self) -> torch.autocast:
        """A context in which the model's layers compute in this format."""
        # torch below 2.10 reuses a weight that was cast inside no_grad where a gradient is needed
        return torch.autocast(
            self.device, torch.bfloat16, enabled=self.is_bfloat16, cache_enabled=False
        )

    def prepare(self, model: nn.Module) -> nn.Module:
        """Prepare a model for :meth:`autocast` and return it.

        Its convolutions get their fastest memory layout, and the samples it predicts are converted
        to float32, since numpy does not support bfloat16.
        """
        if self.is_bfloat16:
            inner = getattr(model, 'module', model)  # DistributedDataParallel
            inner.to(memory_format=torch.channels_last)
            inner.register_forward_hook(_predict_float32)
        return model

    def __str__(self) -> str:
        return f'in {str(self.dtype).removeprefix("torch.")}{self.reason}'


def _predict_float32(model: nn.Module, inputs: tuple, output: Any) -> None:
    """A forward hook that converts the samples in a model's output to float32."""
    for item in output if isinstance(output, list | tuple) else ():
        if isinstance(item, BaseDataElement):
            _to_float32(item)


def _to_float32(element: BaseDataElement) -> None:
    for name, value in element.items():
        if isinstance(value, BaseDataElement):
            _to_float32(value)
        elif isinstance(value, torch.Tensor) and value.dtype == torch.bfloat16:
            element.set_data({name: value.float()})
