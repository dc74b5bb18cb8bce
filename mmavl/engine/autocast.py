"""Which number format mixed precision uses on this machine."""

import torch
from mmengine.device import get_device
from mmengine.logging import print_log

#: Names in torch.cpu.get_capabilities() of instructions that multiply bfloat16 matrices.
_CPU_BF16 = ('amx_bf16', 'avx512_bf16', 'bf16', 'sve_bf16')


def has_fast_bfloat16(device: str) -> bool:
    """Whether a device multiplies bfloat16 in hardware.

    A CPU without such instructions still computes in bfloat16, but many times slower than in
    float32.

    Args:
        device (str): A device type, e.g. 'cpu' or 'cuda'.
    """
    if device == 'cpu':
        # torch below 2.10 cannot tell; float32 is always right there
        capabilities = getattr(torch.cpu, 'get_capabilities', dict)()
        return any(capabilities.get(name, False) for name in _CPU_BF16)
    return device == 'cuda' and torch.cuda.is_bf16_supported(including_emulation=False)


def resolve_dtype(name: str, device: str | None = None) -> torch.dtype:
    """Turn the ``dtype`` of a config into a torch dtype, and log which one was taken.

    Args:
        name (str): 'bfloat16', 'float32', or 'auto': bfloat16 where the hardware has it.
        device (str, optional): A device type. Defaults to the one mmengine runs on.

    Raises:
        ValueError: Another name.
    """
    device = device or get_device()
    if name not in ('auto', 'bfloat16', 'float32'):
        raise ValueError(f"dtype must be 'auto', 'bfloat16' or 'float32', not {name!r}")
    if name == 'auto':
        name = 'bfloat16' if has_fast_bfloat16(device) else 'float32'
        reason = 'has' if name == 'bfloat16' else 'does not have'
        print_log(
            f"Autocast computes in {name}: this machine's {device} {reason} fast bfloat16.",
            logger='current',
        )
    return getattr(torch, name)
