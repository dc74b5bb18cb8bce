"""Separation, scored for each mixture and averaged over a split."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from mmengine.evaluator import BaseMetric
from mmengine.logging import print_log
from torch import Tensor

from mmavl.registry import METRICS
from mmavl.separators.signal import ideal_estimates

from ..functional import bss_eval, si_sdr
from ..separation import NOTE, MixtureScores, separation_table, summarise


@METRICS.register_module()
class SeparationMetric(BaseMetric):
    """SDR, SIR, SAR and SI-SDR in dB, their improvements over the mixture, and trivial rows.

    Metric keys are ``separation/sdr``, ``separation/sdr_improvement``, ...,
    ``separation/mixture/sdr``, ``separation/class/Violin/sdr``;
    :func:`mmavl.evaluation.separation.summarise` lists all of them. A text table is logged at the
    end. After an evaluation, ``per_sample`` (main process) has the scores of each mixture.

    A mixture is scored after its batch, on the batch's device; processes exchange only
    the scores, once at the end.

    Args:
        ideal_masks (bool): Whether to score the ideal binary and ratio masks, too, which are the
            upper bounds of masks on logarithmic frequencies. Defaults to True.
        collect_device (str): 'cpu' or 'gpu', how results are gathered. Defaults to 'cpu'.
        collect_dir (str, optional): Folder for gathering on 'cpu'. Defaults to None.
    """

    default_prefix = 'separation'

    def __init__(
        self,
        ideal_masks: bool = True,
        collect_device: str = 'cpu',
        collect_dir: str | None = None,
    ) -> None:
        super().__init__(collect_device=collect_device, collect_dir=collect_dir)
        self.ideal_masks = ideal_masks
        self.per_sample: list[MixtureScores] = []

    def process(self, data_batch: Any, data_samples: Sequence[Mapping]) -> None:
        """Score the mixtures of a batch.

        Args:
            data_batch (Any): Not used.
            data_samples (Sequence[dict]): ``AVDataSample.to_dict()`` of each mixture, with
                ``mixture`` [L], ``gt_sources`` and ``pred_sources`` [n, L] and
                ``source_labels`` [n].
        """
        groups: dict[tuple, list[Mapping]] = {}
        for sample in data_samples:
            groups.setdefault(tuple(sample['gt_sources'].shape), []).append(sample)
        for samples in groups.values():
            self.results.extend(self._score(samples))

    def _score(self, samples: Sequence[Mapping]) -> list[MixtureScores]:
        """Score mixtures with the same number of sources."""
        sources = torch.stack([sample['gt_sources'] for sample in samples])
        mixture = torch.stack([sample['mixture'] for sample in samples])
        rows = {
            'model': torch.stack([sample['pred_sources'] for sample in samples]),
            'mixture': mixture[:, None].expand_as(sources),
        }
        if self.ideal_masks:
            rows['ideal_binary'] = ideal_estimates(sources, 'binary')
            rows['ideal_ratio'] = ideal_estimates(sources, 'ratio')
        figures = all_figures(sources, torch.stack(list(rows.values()), 1).to(sources.dtype))
        return [
            MixtureScores(
                clip_id=sample['clip_id'],
                labels=sample['source_labels'].tolist(),
                rows=dict(zip(rows, figures[i].tolist())),
            )
            for i, sample in enumerate(samples)
        ]

    def compute_metrics(self, results: list[MixtureScores]) -> dict[str, float]:
        """Average the gathered scores, each mixture counted once."""
        unique = list({scores.clip_id: scores for scores in results}.values())
        if len(unique) < len(results):
            print_log(
                f'{len(results) - len(unique)} of {len(results)} mixtures repeat another; each is '
                'counted once.',
                logger='current',
                level=logging.WARNING,
            )
        self.per_sample = sorted(unique, key=lambda scores: scores.clip_id)
        metrics = summarise(self.per_sample, (self.dataset_meta or {}).get('classes', ()))
        print_log(f'Separation:\n{separation_table(metrics).to_text()}\n{NOTE}.', logger='current')
        return metrics


def all_figures(sources: Tensor, estimates: Tensor) -> Tensor:
    """The scores of several sets of estimates.

    Args:
        sources (Tensor): [B, n, L].
        estimates (Tensor): [B, m, n, L].

    Returns:
        Tensor: float64 [B, m, n, 4] in dB, on the CPU, in the order of
        :data:`mmavl.evaluation.separation.FIGURES`; nan where any signal of a set is silent.
    """
    scale_invariant = si_sdr(sources[:, None].expand_as(estimates), estimates)
    figures = torch.stack([*bss_eval(sources, estimates), scale_invariant], -1)
    silent = figures.isnan().any(-1, keepdim=True).any(-2, keepdim=True)
    return figures.masked_fill(silent, torch.nan).cpu()
