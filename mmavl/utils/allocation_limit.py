"""A limit on the memory of tensors created in a block."""

from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_iter, tree_map_only


class AllocationLimit(TorchDispatchMode):
    """Raise before a tensor is allocated if it is too large, or if all together are.

    Each operation is first run on the meta device, which gives only the size of its result.

    Args:
        most (int): Maximum bytes of one result, and maximum total of tensors created from
            nothing (``torch.empty``, ``torch.zeros``).

    Raises:
        MemoryError: Inside the block, if the limit is exceeded.
    """

    def __init__(self, most: int) -> None:
        super().__init__()
        self.most = most
        self._made = 0

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple = (), kwargs: dict | None = None
    ) -> Any:
        """Run an operation unless its result is too large."""
        kwargs = kwargs or {}
        if not func._schema.is_mutable:
            size = _result_size(func, args, kwargs)
            if not any(isinstance(value, Tensor) for value in tree_iter((args, kwargs))):
                self._made += size
            if max(size, self._made) > self.most:
                raise MemoryError(
                    f'a tensor of {size:,} bytes, after {self._made - size:,} bytes, where '
                    f'{self.most:,} are allowed'
                )
        return func(*args, **kwargs)


def _result_size(func: Any, args: tuple, kwargs: dict) -> int:
    args, kwargs = tree_map_only(Tensor, lambda tensor: tensor.to('meta'), (args, kwargs))
    if any(argument.name == 'device' for argument in func._schema.arguments):
        kwargs = {**kwargs, 'device': torch.device('meta')}
    try:
        result = func(*args, **kwargs)
    except Exception:  # the meta device does not support all operations
        return 0
    tensors = (value for value in tree_iter(result) if isinstance(value, Tensor))
    return sum(tensor.untyped_storage().nbytes() for tensor in tensors)
