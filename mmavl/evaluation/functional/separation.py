"""Separation quality: BSS Eval (version 3) and the scale-invariant SDR."""

import math

import torch
from torch import Tensor

from .axes import check_axes
from .block_toeplitz import TRANSFORM, correlations, inverse_form

#: Figures are clamped to this many decibels in both directions.
LIMIT_DB = 100.0
#: A signal is silent if the sum of its absolute values is at most this.
SILENCE = 1e-5

_CHUNK = 64
_MOST_BYTES = 8 << 30


def bss_eval(
    reference: Tensor, estimate: Tensor, taps: int = 512
) -> tuple[Tensor, Tensor, Tensor]:
    """SDR, SIR and SAR of BSS Eval version 3, without permutation of estimates.

    An estimate is split into its source after a filter of ``taps`` taps, the other sources after
    such filters (interference), and the rest (artifacts). The figures equal
    those of ``mir_eval.separation.bss_eval_sources(..., compute_permutation=False)``, but are
    computed for whole batches, in float64, on any device.

    - A *silent* reference or estimate (``sum |x| <= 1e-5``) makes all figures of its mixture
      nan: it should be counted, not scored.
    - Figures are clamped to [-100, 100] dB. An estimate that equals its reference has 100 dB in
      all figures; a mixture as estimate has no artifacts, SAR 100 dB; *identical* references
      cannot interfere with each other, SIR 100 dB.
    - Sounds *shorter* than the filters are treated as if followed by silence. If filters can
      produce any signal of that length (n * taps unknowns for T + taps - 1 samples), there are no
      artifacts, SAR 100 dB; mir_eval then solves a singular system, and its SIR and SAR are noise.
    - *Correlated* and *clipped* signals need no special treatment, and scale does not matter.

    Args:
        reference (Tensor): [..., n, T].
        estimate (Tensor): [..., n, T]; or [..., m, n, T] for m sets of estimates of the same
            references, which together take little more time than one.
        taps (int): Length of the filters. Defaults to 512.

    Returns:
        tuple[Tensor, Tensor, Tensor]: SDR, SIR and SAR in dB, float64 [..., n] or [..., m, n].

    Raises:
        ValueError: The shapes do not match, there are no sources or samples, there are
            more sources than samples, values are integers or not finite, or the correlations of
            so many sources and taps would need more than 8 GiB.

    Source: E. Vincent et al., "Performance measurement in blind audio source separation" (IEEE
    TASLP 2006), in the squared cosines of R. Scheibler, "SDR - medium rare with fast
    computations" (ICASSP 2022), the formulation of the package fast_bss_eval.
    """
    check_axes('reference', reference, '..., n, T')
    check_axes('estimate', estimate, '..., n, T')
    several = estimate.ndim == reference.ndim + 1
    sources, length = reference.shape[-2:]
    _check(reference, estimate, sets=estimate.shape[-3:-2] if several else ())
    _check_cost(reference, estimate.shape[-3] if several else 1, taps)
    references = reference.reshape(math.prod(reference.shape[:-2]), sources, length)
    sets = estimate.shape[-3] if several else 1
    estimates = estimate.reshape(len(references), sets, sources, length)
    evaluated = _audible(references, 'reference').all(-1)
    audible = _audible(estimates, 'estimate').all(-1) & evaluated[:, None]
    cosines = audible.new_zeros((2, *estimates.shape[:-1]), dtype=torch.float64)
    if not evaluated.all():
        references, estimates = references[evaluated], estimates[evaluated]
    cosines[:, evaluated] = _squared_cosines(references, estimates, taps)
    cosines.masked_fill_(~audible[..., None], torch.nan)
    own, every = cosines.reshape(2, *estimate.shape[:-1])
    interference = own / every.clamp_min(1e-300)
    return _decibels(own), _decibels(interference), _decibels(every)


def _squared_cosines(reference: Tensor, estimates: Tensor, taps: int) -> Tensor:
    """Share of each estimate in the span of its own source, and of all filtered references.

    Args:
        reference: [B, n, T].
        estimates: [B, m, n, T].

    Returns:
        Shares of energy in [0, 1], [2, B, m, n].
    """
    if not len(reference):
        return estimates.new_zeros((2, *estimates.shape[:-1]), dtype=torch.float64)
    parts = [
        _chunk_cosines(waves, guesses.flatten(1, 2), taps)
        for waves, guesses in zip(reference.split(_CHUNK), estimates.split(_CHUNK))
    ]
    return torch.cat(parts, 1).reshape(2, *estimates.shape[:-1])


def _chunk_cosines(reference: Tensor, estimate: Tensor, taps: int) -> Tensor:
    """The same for a chunk, [B, n, T] and [B, m * n, T] -> [2, B, m * n]."""
    n = reference.shape[1]
    found = correlations(reference, (reference, estimate), taps)
    energy = found[:, 0].diagonal(dim1=-2, dim2=-1)
    scale = torch.cat([energy.sqrt(), _norm(estimate, 2)], 1).clamp_min(1e-300)
    found = found / energy.sqrt()[:, None, :, None] / scale[:, None, None]
    column, vectors = found[..., :n], found[..., n:].permute(0, 3, 1, 2)
    every = inverse_form(column, vectors)
    # each source by itself: [B * n] systems of one source, m estimates each
    alone = column.diagonal(dim1=-2, dim2=-1).mT.reshape(-1, taps, 1, 1)
    own = vectors.unflatten(1, (-1, n)).diagonal(dim1=2, dim2=4).permute(0, 3, 1, 2).flatten(0, 1)
    own = inverse_form(alone, own[..., None]).unflatten(0, (-1, n)).mT.flatten(1)
    own, every = own.clamp(0, 1), every.clamp(0, 1)
    return torch.stack([own, torch.maximum(own, every)])


def si_sdr(reference: Tensor, estimate: Tensor) -> Tensor:
    """Scale-invariant SDR: the estimate compared with its scaled reference, without filters.

    ``10 log10(|a s|^2 / |a s - e|^2)`` with ``a = <e, s> / <s, s>``; no mean is subtracted.
    Clamped to [-100, 100] dB, which orthogonal and perfect estimates reach.

    Args:
        reference (Tensor): s, [..., T].
        estimate (Tensor): e, [..., T].

    Returns:
        Tensor: float64 [...] in dB; nan if either is silent (``sum |x| <= 1e-5``).

    Raises:
        ValueError: The shapes do not match, there are more signals than samples, or a
            value is not finite.

    Source: J. Le Roux et al., "SDR - half-baked or well done?" (ICASSP 2019).
    """
    check_axes('reference', reference, '..., T')
    check_axes('estimate', estimate, '..., T')
    _check(reference, estimate)
    audible = _audible(reference, 'reference') & _audible(estimate, 'estimate')
    reference, estimate = _unit_energy(reference), _unit_energy(estimate)
    scale = (estimate * reference).sum(-1, keepdim=True)
    error = (estimate - scale * reference).square().sum(-1)
    ratio = 10 * torch.log10(scale.squeeze(-1).square() / error)
    return ratio.clamp(-LIMIT_DB, LIMIT_DB).masked_fill(~audible, torch.nan)


def _check(reference: Tensor, estimate: Tensor, sets: tuple[int, ...] = ()) -> None:
    if estimate.shape != (*reference.shape[:-2], *sets, *reference.shape[-2:]):
        raise ValueError(
            f'reference is {tuple(reference.shape)} and estimate {tuple(estimate.shape)}: give '
            'both the same sources, and cut them to one length'
        )
    if 0 in reference.shape[-2:]:
        raise ValueError(f'reference is {tuple(reference.shape)}: there is nothing to compare')
    if reference.ndim > 1 and reference.shape[-2] > reference.shape[-1]:
        raise ValueError(
            f'reference is {tuple(reference.shape)}, must be [..., n, T]: more sources than '
            'samples; transpose it, as what soundfile reads'
        )
    for name, waves in (('reference', reference), ('estimate', estimate)):
        if not waves.is_floating_point():
            raise ValueError(f'the {name} is {waves.dtype}: convert it to float, full scale 1')


def _check_cost(reference: Tensor, sets: int, taps: int) -> None:
    if taps < 1:
        raise ValueError(f'taps={taps} must be at least 1')
    sources, mixtures = reference.shape[-2], math.prod(reference.shape[:-2])
    spectrum, kept = 16 * max(TRANSFORM, 4 * taps), 8 * taps * min(mixtures, _CHUNK)
    size = sources * sources * (1 + sets) * (spectrum + kept)
    if size > _MOST_BYTES:
        raise ValueError(
            f'{sources} sources, {sets} sets of estimates and taps={taps} need '
            f'{size / 2**30:.0f} GiB; is reference {tuple(reference.shape)} really [..., n, T]?'
        )


def _audible(waves: Tensor, name: str) -> Tensor:
    total = _norm(waves, 1)
    if not torch.isfinite(total).all():
        raise ValueError(f'the {name} holds values that are nan or inf')
    return total > SILENCE


def _norm(waves: Tensor, order: int) -> Tensor:
    return torch.linalg.vector_norm(waves, order, dim=-1, dtype=torch.float64)


def _unit_energy(waves: Tensor) -> Tensor:
    return waves.double() / _norm(waves, 2).unsqueeze(-1).clamp_min(1e-300)


def _decibels(cosine: Tensor) -> Tensor:
    """Squared cosine -> ratio in dB of the parts inside and outside the span."""
    return (10 * torch.log10(cosine / (1 - cosine))).clamp(-LIMIT_DB, LIMIT_DB)
