"""Gathering with gradients, so that a loss covers the global batch."""

import torch
import torch.distributed as dist
from torch import Tensor


def world_size() -> int:
    """Number of processes; 1 if torch.distributed is not initialised."""
    return dist.get_world_size() if dist.is_available() and dist.is_initialized() else 1


def rank() -> int:
    """Index of this process; 0 if torch.distributed is not initialised."""
    return dist.get_rank() if world_size() > 1 else 0


class _Gather(torch.autograd.Function):
    """Concatenate tensors of equal shapes from all ranks; gradients are summed over ranks."""

    @staticmethod
    def forward(ctx, tensor: Tensor) -> Tensor:
        ctx.length = tensor.shape[0]
        parts = [torch.empty_like(tensor) for _ in range(dist.get_world_size())]
        dist.all_gather(parts, tensor.contiguous())
        return torch.cat(parts)

    @staticmethod
    def backward(ctx, grad: Tensor) -> Tensor:
        grad = grad.contiguous()
        dist.all_reduce(grad)
        start = dist.get_rank() * ctx.length
        return grad[start : start + ctx.length]


def gather_cat(tensor: Tensor) -> Tensor:
    """Concatenate the tensors of all ranks along the first dimension, with gradients.

    Each rank then computes the same global loss. DistributedDataParallel averages parameter
    gradients over ranks, while the backward pass here sums them; together they give exactly the
    gradient of a single process on the global batch.

    Args:
        tensor: [n, ...]; only n may differ between ranks.

    Returns:
        [sum of n, ...], in order of ranks; the tensor itself if there is one process.
    """
    if world_size() == 1:
        return tensor
    size = torch.tensor([tensor.shape[0]], device=tensor.device)
    sizes = [torch.empty_like(size) for _ in range(world_size())]
    dist.all_gather(sizes, size)
    lengths = [int(s) for s in sizes]
    longest = max(lengths)
    padded = tensor
    if tensor.shape[0] < longest:
        padding = tensor.new_zeros(longest - tensor.shape[0], *tensor.shape[1:])
        padded = torch.cat([tensor, padding])
    gathered = _Gather.apply(padded)
    return torch.cat([part[:n] for part, n in zip(gathered.split(longest), lengths)])


def mean_over_ranks(tensor: Tensor) -> Tensor:
    """Detached mean of a scalar over all ranks, for logging."""
    value = tensor.detach().clone()
    if world_size() > 1:
        dist.all_reduce(value)
        value /= world_size()
    return value
