"""Blind separation by clustered spectral templates: the row NMF-MFCC of Table 3."""

from itertools import permutations

import torch
from torch import Tensor
from torchaudio.functional import create_dct, melscale_fbanks

from mmavl.evaluation.functional import si_sdr
from mmavl.registry import MODELS
from mmavl.utils.autocast import full_precision

from . import signal
from .base_separator import BaseSeparator

_EPS = 1e-8


@MODELS.register_module()
class NMFMFCC(BaseSeparator):
    """Factorise a mixture's magnitude and cluster the templates by timbre, one cluster per source.

    Non-negative matrix factorisation with the Kullback-Leibler divergence; mel-frequency cepstra
    of the templates, without the loudness coefficient; k-means; and Wiener masks. Nothing is
    trained, pictures are not used, and the same mixture always gives the same estimates.

    It is blind, and cannot know which cluster belongs to which source. With
    ``assignment='oracle'`` the clusters have the order that matches the *references* best (mean
    SI-SDR): an upper bound, not comparable to other rows, since the metric does not permute.

    Args:
        templates (int): Templates of the factorisation. Defaults to 50.
        iterations (int): Its multiplicative updates. Defaults to 100.
        num_mels (int): Bands of the cepstra. Defaults to 40.
        num_coefficients (int): Number of cepstra, from the second one. Defaults to 13.
        assignment (str): 'none' for the order of the clustering, or 'oracle'. Defaults
            to 'none'.
        sample_rate (int): Sample rate in Hz. Defaults to 11025.
        seed (int): Seed of the factorisation. Defaults to 0.
        data_preprocessor (dict, optional): Config. Defaults to None.

    Source: M. Spiertz, V. Gnann, "Source-filter based clustering for monaural blind source
    separation" (DAFx 2009).
    """

    bands: Tensor
    cosines: Tensor

    def __init__(
        self,
        templates: int = 50,
        iterations: int = 100,
        num_mels: int = 40,
        num_coefficients: int = 13,
        assignment: str = 'none',
        sample_rate: int = signal.SAMPLE_RATE,
        seed: int = 0,
        data_preprocessor: dict | None = None,
    ) -> None:
        super().__init__(data_preprocessor)
        if assignment not in ('oracle', 'none'):
            raise ValueError(f"assignment must be 'oracle' or 'none', not {assignment!r}")
        self.templates = templates
        self.iterations = iterations
        self.assignment = assignment
        self.seed = seed
        bins = signal.N_FFT // 2 + 1
        bands = melscale_fbanks(bins, 0.0, sample_rate / 2, num_mels, sample_rate)
        cosines = create_dct(num_coefficients + 1, num_mels, 'ortho')[:, 1:]
        self.register_buffer('bands', bands, persistent=False)
        self.register_buffer('cosines', cosines, persistent=False)

    def estimate(self, inputs: dict[str, Tensor]) -> Tensor:
        """Estimate all sources: [S, L], in float32 even inside autocast."""
        with full_precision(inputs['mixture'].device):
            return self._estimate(inputs)

    def _estimate(self, inputs: dict[str, Tensor]) -> Tensor:
        length = inputs['mixture'].shape[-1]
        spectra = signal.stft(inputs['mixture'])
        generator = torch.Generator().manual_seed(self.seed)
        spectrum, gains = factorise(spectra.abs(), self.templates, self.iterations, generator)
        cepstra = torch.log(spectrum.mT.square() @ self.bands + _EPS) @ self.cosines
        estimates = []
        for number, sources in enumerate(inputs['index'].bincount().tolist()):
            clusters = k_means(cepstra[number], sources)
            members = torch.nn.functional.one_hot(clusters, sources).T[:, None].to(spectrum)
            parts = (spectrum[number] * members) @ gains[number]
            masks = parts / parts.sum(0).clamp_min(_EPS)
            waves = signal.reconstruct(masks, spectra[number], length)
            if self.assignment == 'oracle' and 'sources' in inputs:
                waves = best_order(inputs['sources'][inputs['index'] == number], waves)
            estimates.append(waves)
        return torch.cat(estimates)


def factorise(
    magnitude: Tensor, templates: int, iterations: int, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Non-negative factors of [M, F, T] for the Kullback-Leibler divergence.

    Args:
        magnitude (Tensor): [M, F, T]; all zero is allowed.
        templates (int): K.
        iterations (int): Multiplicative updates of both factors.
        generator (torch.Generator): On the CPU; all items have the same initial values.

    Returns:
        tuple[Tensor, Tensor]: Templates [M, F, K], each with sum 1, and gains [M, K, T].

    Source: D. Lee, S. Seung, "Algorithms for non-negative matrix factorization" (2000).
    """
    count, bins, frames = magnitude.shape
    start = torch.rand(bins + frames, templates, generator=generator).to(magnitude) + 0.1
    spectrum = start[:bins].expand(count, -1, -1)
    gains = start[bins:].T.expand(count, -1, -1) * magnitude.mean((1, 2), keepdim=True)
    for _ in range(iterations):
        ratio = magnitude / (spectrum @ gains).clamp_min(_EPS)
        gains = gains * (spectrum.mT @ ratio) / spectrum.sum(1)[..., None].clamp_min(_EPS)
        ratio = magnitude / (spectrum @ gains).clamp_min(_EPS)
        spectrum = spectrum * (ratio @ gains.mT) / gains.sum(2)[:, None].clamp_min(_EPS)
        total = spectrum.sum(1).clamp_min(_EPS)
        spectrum, gains = spectrum / total[:, None], gains * total[..., None]
    return spectrum, gains


def k_means(points: Tensor, clusters: int, iterations: int = 50) -> Tensor:
    """Cluster points [K, d]; starts from distant points, so it needs no random numbers.

    Returns:
        Tensor: The cluster of each point, long [K].
    """
    chosen = [int((points - points.mean(0)).norm(dim=1).argmax())]
    while len(chosen) < clusters:
        chosen.append(int(torch.cdist(points, points[chosen]).amin(1).argmax()))
    centres = points[chosen]
    for _ in range(iterations):
        nearest = torch.cdist(points, centres).argmin(1)
        members = torch.nn.functional.one_hot(nearest, clusters).to(points)
        sizes = members.sum(0)[:, None]
        moved = (members.T @ points / sizes.clamp_min(1)).where(sizes > 0, centres)
        if torch.equal(moved, centres):
            break
        centres = moved
    return torch.cdist(points, centres).argmin(1)


def best_order(references: Tensor, waves: Tensor) -> Tensor:
    """Waves [n, L] in the order whose mean SI-SDR against references [n, L] is highest."""
    count = len(references)
    pairs = si_sdr(
        references[:, None].expand(-1, count, -1), waves[None].expand(count, -1, -1)
    ).nan_to_num(-100.0)
    rows = torch.arange(count, device=pairs.device)
    order = max(permutations(range(count)), key=lambda p: float(pairs[rows, list(p)].sum()))
    return waves[list(order)]
