"""Correlations of long signals, and quadratic forms of their block Toeplitz matrices."""

from collections.abc import Sequence

import torch
from fast_bss_eval.torch.linalg import block_toeplitz
from torch import Tensor

#: Samples of a transform, unless there are many lags.
TRANSFORM = 4096
_CHUNK = 1  # number of items whose spectra fit into a CPU's cache
_SINGULAR = 1e-13  # relative pivot below which only rounding errors remain


def correlations(first: Tensor, second: Sequence[Tensor], lags: int) -> Tensor:
    """Correlate each pair of signals: ``sum_t first[t] * second[t + k]`` for k = 0 ... lags - 1.

    Computed from short blocks with small transforms, since only few lags are needed.

    Args:
        first (Tensor): [B, n, T].
        second (Sequence[Tensor]): [B, m, T] each, m_1 + m_2 + ... = m.
        lags (int): Number of lags.

    Returns:
        Tensor: float64 [B, lags, n, m].
    """
    size = max(TRANSFORM, 4 * lags)
    hop = size - lags
    length = first.shape[-1]
    blocks = -(-length // hop)
    found = []
    chunk = _CHUNK if first.device.type == 'cpu' else len(first)
    for parts in zip(*(signals.split(max(chunk, 1)) for signals in (first, *second))):
        counts = [part.shape[1] for part in parts]
        shape = (len(parts[0]), sum(counts), blocks * hop + lags)
        padded = torch.zeros(shape, dtype=torch.float64, device=first.device)
        for part, target in zip(parts, padded.split(counts, 1)):
            target[..., :length] = part
        starts = padded[:, : counts[0], : blocks * hop].unflatten(-1, (blocks, hop))
        spans = padded[:, counts[0] :].unfold(-1, size, hop)
        found.append(_correlate(starts, spans, size)[..., :lags])
    return torch.cat(found).permute(0, 3, 1, 2)


def _correlate(starts: Tensor, spans: Tensor, size: int) -> Tensor:
    """[B, n, blocks, hop] and [B, m, blocks, size] -> circular correlations [B, n, m, size]."""
    first = torch.fft.rfft(starts, n=size).conj()
    second = torch.fft.rfft(spans)
    total = first[:, :, None, 0] * second[:, None, :, 0]
    for block in range(1, starts.shape[2]):
        total.addcmul_(first[:, :, None, block], second[:, None, :, block])
    return torch.fft.irfft(total, n=size)


def inverse_form(column: Tensor, vectors: Tensor) -> Tensor:
    """``v' G^-1 v`` for a symmetric positive definite block Toeplitz G, in O(N^2).

    Uses Bareiss' algorithm, which is as stable as a Cholesky decomposition here: its rows
    follow from each other, and are used immediately. If G is singular to working precision, the
    pseudo-inverse of the dense matrix is used instead.

    Args:
        column (Tensor): The blocks R_0 ... R_{N-1} of G's first block column, ``G_{kl} = R_{k-l}``
            and ``R_{-q} = R_q'``; float64 [B, N, n, n].
        vectors (Tensor): v, [B, m, N, n].

    Returns:
        Tensor: [B, m].

    Source: A. Bojanczyk et al., "On the stability of the Bareiss and related Toeplitz
    factorization algorithms" (1995).
    """
    form, singular = _bareiss(column, vectors)
    for index in singular.nonzero()[:, 0].tolist():
        form[index] = _dense(column[index], vectors[index])
    return form


def _bareiss(column: Tensor, vectors: Tensor) -> tuple[Tensor, Tensor]:
    batch, blocks, n, _ = column.shape
    least = _SINGULAR * column[:, 0].diagonal(dim1=-2, dim2=-1).amin(-1)
    upper = column.permute(0, 3, 1, 2).reshape(batch, n, blocks * n)
    lower = upper[..., n:]
    rest = vectors.flatten(2)
    # what is left of a block when all earlier ones, and when all later ones, are predicted from
    pivots = column[:, 0].repeat(2, 1, 1, 1)
    form = torch.zeros_like(rest[..., 0])
    singular = torch.zeros_like(least, dtype=torch.bool)
    for block in range(blocks):
        inverses, bad = _inverse(pivots, least)
        singular |= bad.any(0)
        solved = rest[..., :n] @ inverses[0]
        form += (solved * rest[..., :n]).sum(-1)
        if block == blocks - 1:
            break
        rest = _subtract(rest[..., n:], solved, upper[..., n:])
        upper = upper[..., :-n]
        head = lower[..., :n]
        down, up = torch.stack([head, head.mT]) @ inverses
        upper, lower = _subtract(upper, up, lower), _subtract(lower, down, upper)[..., n:]
        pivots = torch.stack([upper[..., :n], _subtract(pivots[1], down, head.mT)])
    return form, singular | ~torch.isfinite(form).all(-1)


def _subtract(values: Tensor, left: Tensor, right: Tensor) -> Tensor:
    """``values - left @ right``, [B, k, l] - [B, k, n] @ [B, n, l]."""
    if right.shape[1] == 1:  # many times as fast as a batch of outer products
        return torch.addcmul(values, left, right, value=-1)
    return torch.baddbmm(values, left, right, alpha=-1)


def _inverse(matrix: Tensor, least: Tensor) -> tuple[Tensor, Tensor]:
    """Inverses of [..., n, n], and a mask of those with a pivot not above ``least``, [...]."""
    n = matrix.shape[-1]
    if n == 1:
        return matrix.reciprocal(), ~(matrix[..., 0, 0] > least)
    if n == 2:
        a, b, c, d = matrix.flatten(-2).unbind(-1)
        pivot = d - b * c / a
        adjugate = torch.stack([d, -b, -c, a], -1) / (a * pivot).unsqueeze(-1)
        return adjugate.unflatten(-1, (2, 2)), ~(torch.minimum(a, pivot) > least)
    root, info = torch.linalg.cholesky_ex(matrix)
    pivots = root.diagonal(dim1=-2, dim2=-1).square().amin(-1)
    return torch.cholesky_inverse(root), (info > 0) | ~(pivots > least)


def _dense(column: Tensor, vectors: Tensor) -> Tensor:
    """The same for one item, [N, n, n] and [m, N, n] -> [m]."""
    lags = torch.cat([column.mT, torch.zeros_like(column[:1]), column[1:].flip(0)])
    values, basis = torch.linalg.eigh(block_toeplitz(lags))
    kept = values > values[-1] * len(values) * torch.finfo(values.dtype).eps
    return ((vectors.flatten(1) @ basis[:, kept]).square() / values[kept]).sum(-1)
