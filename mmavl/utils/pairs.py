"""Products over (clip, class) pairs, done as one matrix product per clip."""

import torch
from torch import Tensor


def per_clip_matmul(rows: Tensor, matrices: Tensor, clips: Tensor) -> Tensor:
    """Multiply each pair's row by its clip's matrix, without copying the matrices.

    Args:
        rows: [P, k].
        matrices: [N, k, m].
        clips: long [P], ascending: the clip of each row.

    Returns:
        [P, m].
    """
    clips = clips.contiguous()
    slots = torch.arange(len(clips), device=clips.device) - torch.searchsorted(clips, clips)
    most = int(slots.max()) + 1 if len(slots) else 0
    dense = rows.new_zeros(len(matrices), most, rows.shape[1])
    dense[clips, slots] = rows
    return (dense @ matrices)[clips, slots]
