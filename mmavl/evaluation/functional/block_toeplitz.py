"""Correlations of long signals, and quadratic forms of their block Toeplitz matrices."""

import torch
from fast_bss_eval.torch.linalg import block_toeplitz
from torch import Tensor
from torch.nn import functional as F

_FFT = 4096
_SMALLEST_PIVOT = 1e-6  # of a matrix of unit size; squared, it is lost in rounding errors
_CHUNK = 8  # items whose spectra stay in a processor's cache


def correlations(first: Tensor, second: Tensor, lags: int) -> Tensor:
    """Correlate each pair of signals: ``sum_t first[t] * second[t + k]`` for k = 0 ... lags - 1.

    Added up from short blocks: as few lags are wanted, that is several times as fast as one
    transform of the whole length.

    Args:
        first (Tensor): [B, n, T].
        second (Tensor): [B, m, T].
        lags (int): Their number.

    Returns:
        Tensor: [B, lags, n, m].
    """
    size = max(_FFT, 4 * lags)
    hop = size - lags
    blocks = -(-first.shape[-1] // hop)
    padding = blocks * hop - first.shape[-1]
    starts = F.pad(first, (0, padding)).unflatten(-1, (blocks, hop))
    spans = F.pad(second, (0, padding + lags)).unfold(-1, size, hop)
    found = [
        _correlate(a, b, size)[..., :lags]
        for a, b in zip(starts.split(_CHUNK), spans.split(_CHUNK))
    ]
    return torch.cat(found).permute(0, 3, 1, 2)


def _correlate(starts: Tensor, spans: Tensor, size: int) -> Tensor:
    """[B, n, blocks, hop] and [B, m, blocks, size] -> circular correlations [B, n, m, size]."""
    total = 0
    for block in range(starts.shape[2]):
        first = torch.fft.rfft(starts[:, :, block], n=size).conj()
        second = torch.fft.rfft(spans[:, :, block])
        total = total + first.unsqueeze(2) * second.unsqueeze(1)
    return torch.fft.irfft(total, n=size)


def inverse_form(column: Tensor, vectors: Tensor) -> Tensor:
    """``v' G^-1 v`` for a symmetric positive definite block Toeplitz G, in O(N^2).

    By Schur's algorithm: the rows of G's Cholesky factor follow from each other by hyperbolic
    rotations of a generator of rank 2 n, and are used up at once. It is backward stable, unlike
    Levinson's. Where G is singular to working precision, the pseudo-inverse of the dense matrix
    is taken.

    Args:
        column (Tensor): The blocks R_0 ... R_{N-1} of G's first block column, ``G_{kl} = R_{k-l}``
            and ``R_{-q} = R_q'``; float64 [B, N, n, n].
        vectors (Tensor): v, [B, m, N, n].

    Returns:
        Tensor: [B, m].

    Source: J. Chun, T. Kailath, H. Lev-Ari, "Fast parallel algorithms for QR and triangular
    factorization" (1987); A. Bojanczyk et al., "On the stability of the Bareiss and related
    Toeplitz factorization algorithms" (1995).
    """
    form, failed = _schur(column, vectors)
    failed |= ~torch.isfinite(form).all(-1)
    for index in failed.nonzero()[:, 0].tolist():
        form[index] = _dense(column[index], vectors[index])
    return form


def _schur(column: Tensor, vectors: Tensor) -> tuple[Tensor, Tensor]:
    batch, blocks, n, _ = column.shape
    eye = torch.eye(n, dtype=column.dtype, device=column.device)
    root, failed = _root(column[:, 0])
    rows = column.permute(0, 3, 1, 2).reshape(batch, n, blocks * n)
    positive = torch.linalg.solve_triangular(root, rows, upper=False)
    negative = positive[..., n:]
    rest = vectors.flatten(2)
    form = torch.zeros_like(rest[..., 0])
    for block in range(blocks):
        if block:
            # hyperbolic: positive' positive - negative' negative stays, negative's head vanishes
            head, other = positive[..., :n], negative[..., :n]
            tangent = torch.linalg.solve_triangular(head, other, upper=True, left=False)
            root, singular = _root(eye - tangent.mT @ tangent)
            other_root, other_singular = _root(eye - tangent @ tangent.mT)
            failed |= singular | other_singular
            positive = torch.baddbmm(positive, tangent.mT, negative, alpha=-1)
            positive = torch.linalg.solve_triangular(root, positive, upper=False)
            mixing = torch.linalg.solve_triangular(other_root, tangent @ root, upper=False)
            negative = torch.baddbmm(other_root.mT @ negative, mixing, positive, alpha=-1)
            negative = negative[..., n:]
        head, tail = positive[..., :n], positive[..., n:]
        solved = torch.linalg.solve_triangular(head, rest[..., :n], upper=True, left=False)
        form += solved.square().sum(-1)
        rest = torch.baddbmm(rest[..., n:], solved, tail, alpha=-1)
        positive = positive[..., :-n]
    return form, failed


def _root(matrix: Tensor) -> tuple[Tensor, Tensor]:
    """Cholesky factors of [B, n, n], and which of them are singular to working precision [B]."""
    root, info = torch.linalg.cholesky_ex(matrix)
    return root, (info > 0) | ~(root.diagonal(dim1=-2, dim2=-1).amin(-1) > _SMALLEST_PIVOT)


def _dense(column: Tensor, vectors: Tensor) -> Tensor:
    """The same of one item, [N, n, n] and [m, N, n] -> [m]."""
    lags = torch.cat([column.mT, torch.zeros_like(column[:1]), column[1:].flip(0)])
    values, basis = torch.linalg.eigh(block_toeplitz(lags))
    kept = values > values[-1] * len(values) * torch.finfo(values.dtype).eps
    return ((vectors.flatten(1) @ basis[:, kept]).square() / values[kept]).sum(-1)
