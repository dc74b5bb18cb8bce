"""The devices of this machine."""

import torch

from mmavl.errors import ConfigError

from .failures import first_line


def check_device(name: str) -> None:
    """Check that PyTorch can compute on a device, e.g. 'cpu' or 'cuda:0'.

    Raises:
        ConfigError: It cannot.
    """
    try:
        torch.zeros(1, device=name)
    except (RuntimeError, AssertionError) as error:
        raise ConfigError(f'device {name!r} is not available: {first_line(error)}') from error
