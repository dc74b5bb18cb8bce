"""The state of the random number generators that transforms draw from."""

import random
from typing import Any, cast

import numpy as np
import torch


def get_random_state() -> dict[str, Any]:
    """The state of Python's, numpy's and torch's (CPU) generators, as tensors and plain values."""
    kind, keys, *rest = cast(tuple, np.random.get_state())  # noqa: NPY002
    return {
        'python': random.getstate(),
        'numpy': (kind, torch.from_numpy(keys.astype(np.int64)), *rest),
        'torch': torch.get_rng_state(),
    }


def set_random_state(state: dict[str, Any]) -> None:
    """Restore a state returned by ``get_random_state``."""
    random.setstate(state['python'])
    kind, keys, *rest = state['numpy']
    np.random.set_state((kind, keys.cpu().numpy().astype(np.uint32), *rest))  # noqa: NPY002
    torch.set_rng_state(state['torch'].cpu())
