"""Metrics of frames in which several sources sound.

A source is a sounding annotated class of a frame, with all of its boxes.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from .functional import (
    average_precision,
    best_matching,
    consensus_iou,
    success_auc,
    success_rate,
)
from .predictions import Prediction
from .protocols import Protocol
from .scoring import Scores, upsample
from .targets import build_targets, target_reference


def per_source(scores: Scores, predictions: Sequence[Prediction]) -> dict[str, float]:
    """CIoU of single sources, each of which counts alone.

    The usual ``{level}_ciou`` is of means over a frame's sources, ``{level}_all_sources`` of
    frames in which all of them succeed, and ``NAME/union`` of the union of sources. Published
    tables call each of these CIoU@.3.

    Returns:
        dict[str, float]: ``ciou``, the share of sources at or above the success threshold of
        their frame's level; ``auc``; ``sources``, how many. None for class-agnostic maps, which
        are scored on the union.
    """
    single = np.array([target.label >= 0 for target in scores.targets], bool)
    chosen = single & ~np.isnan(scores.ciou)
    if not chosen.any():
        return {}
    needed = [scores.protocol.success_threshold(target.level) for target in scores.targets]
    ciou = torch.from_numpy(scores.ciou[chosen])
    margin = ciou - torch.tensor(needed, dtype=torch.float64)[torch.from_numpy(chosen)]
    return {
        'ciou': success_rate(margin, 0).item(),
        'auc': success_auc(ciou).item(),
        'sources': float(chosen.sum()),
    }


def interactive_iou(scores: Scores, predictions: Sequence[Prediction]) -> dict[str, float]:
    """IIoU: the worst source of a frame counts.

    Returns:
        dict[str, float]: ``success``, the share of frames with two sources or more in which each
        source is at or above the success threshold; ``auc``; ``mean_ciou`` of the frames' minima;
        ``frames``.

    Source: Senocak et al., "Sound Source Localization is All about Cross-Modal Alignment" (ICCV
    2023) and its extension to interactive localization.
    """
    worst: dict[int, list[float]] = {}
    levels: dict[int, int] = {}
    for target, value in zip(scores.targets, scores.ciou.tolist()):
        if target.label >= 0 and target.level > 1 and value == value:
            worst.setdefault(target.frame, []).append(value)
            levels[target.frame] = target.level
    if not worst:
        return {}
    lowest = torch.tensor([min(values) for values in worst.values()], dtype=torch.float64)
    needed = [scores.protocol.success_threshold(level) for level in levels.values()]
    return {
        'success': success_rate(lowest - torch.tensor(needed, dtype=torch.float64), 0).item(),
        'auc': success_auc(lowest).item(),
        'mean_ciou': lowest.mean().item(),
        'frames': float(len(lowest)),
    }


def pixel_precision(scores: Scores, predictions: Sequence[Prediction]) -> dict[str, float]:
    """CAP and PIAP: average precision of a map's pixels in ranking those of a source.

    Returns:
        dict[str, float]: ``cap``, each source by the map of its class, 0 without one (not for
        class-agnostic maps); ``piap``, each source by the map that the best one-to-one matching
        gives it, whatever the maps' classes, 0 for a source that is left without one; both are
        means over the sources of a frame, then over ``frames``.

    Source: Hu et al., "Mix and Localize" (CVPR 2022).
    """
    cap, piap = [], []
    for p, sources in _sources(predictions, scores.protocol):
        labels, maps = _answer(p, scores.protocol)
        table = torch.zeros(len(maps), len(sources), dtype=torch.float64)
        for column, reference in enumerate(sources.values()):
            if len(maps):
                pixels = (reference > 0).flatten().expand(len(maps), -1)
                table[:, column] = average_precision(maps.flatten(-2), pixels.double())
        piap.append(best_matching(table).mean().item())
        if not p.class_agnostic:
            own = torch.tensor(labels)[:, None] == torch.tensor(list(sources))
            cap.append(torch.where(own, table, 0.0).sum(0).mean().item())
    figures = {'cap': cap, 'piap': piap, 'frames': []}
    means = {name: float(np.mean(values)) for name, values in figures.items() if values}
    return {**means, 'frames': float(len(piap))} if piap else {}


def count_sources(scores: Scores, predictions: Sequence[Prediction]) -> dict[str, float]:
    """Whether the model finds how many sources there are, and each of them.

    Sources predicted are the model's maps without classes, or the classes that it predicts.

    Returns:
        dict[str, float]: ``accuracy``, the share of frames with the right number; ``ciou``, the
        share at or above the success threshold of all places of all frames, a frame having as
        many as the greater of the two numbers: maps are matched with sources one to one as is
        best for the frame, and a source that is missed and one that is extra both score 0;
        ``missed`` and ``extra``, how many of them in a frame; ``frames``.

    Source: Kim et al., "Learning to Visually Localize Multiple Sound Sources without Prior Source
    Number Knowledge" (CVPR 2024), whose code takes the maps in their order and each the best
    source left; a frame without any map is not left out here.
    """
    protocol = replace(scores.protocol, tags='predicted')
    places, missed, extra = [], [], []
    for p, sources in _sources(predictions, protocol):
        if not p.class_agnostic and p.pred_labels is None:
            continue
        _, maps = _answer(p, protocol)
        count = len(maps if p.class_agnostic or p.pred_labels is None else p.pred_labels)
        table = _overlaps(maps, torch.stack(list(sources.values())), protocol)
        matched = best_matching(table)
        padding = torch.zeros(max(count - len(sources), 0), dtype=torch.float64)
        success = torch.cat([matched, padding]) >= protocol.success_threshold(len(sources)) - 1e-7
        places += success.tolist()
        missed.append(max(len(sources) - count, 0))
        extra.append(max(count - len(sources), 0))
    if not missed:
        return {}
    right = [not more and not less for more, less in zip(extra, missed)]
    return {
        'accuracy': float(np.mean(right)),
        'ciou': float(np.mean(places)),
        'missed': float(np.mean(missed)),
        'extra': float(np.mean(extra)),
        'frames': float(len(missed)),
    }


def _sources(
    predictions: Sequence[Prediction], protocol: Protocol
) -> Iterator[tuple[Prediction, dict[int, Tensor]]]:
    """Frames with sources: their references [size, size] by class, those with an area."""
    for p in predictions:
        if p.annotators is not None or p.gt_map is not None:
            continue
        # as if it had classes: one target for each sounding class
        labelled = replace(p, maps=p.maps[:0], map_labels=p.map_labels[:0])
        targets = build_targets([labelled], class_aware=True)
        sources = {t.label: target_reference(p, t, protocol)[0] for t in targets}
        sources = {label: area for label, area in sources.items() if area.any()}
        if sources:
            yield p, sources


def _answer(p: Prediction, protocol: Protocol) -> tuple[list[int], Tensor]:
    """The maps that count, with their labels, on the protocol's grid."""
    kept = np.ones(len(p.map_labels), bool)
    if protocol.tags == 'predicted' and not p.class_agnostic and p.pred_labels is not None:
        kept = np.isin(p.map_labels, p.pred_labels)
    return p.map_labels[kept].tolist(), upsample(p, p.maps[kept], protocol)


def _overlaps(maps: Tensor, references: Tensor, protocol: Protocol) -> Tensor:
    """CIoU of every map with every source: [K, h, w], [n, h, w] -> [K, n]."""
    if not len(maps):
        return torch.zeros(0, len(references), dtype=torch.float64)
    normalised = protocol.normalise(maps)
    columns = [
        consensus_iou(protocol.binarise(normalised, reference.expand_as(maps)), reference)
        for reference in references
    ]
    return torch.stack(columns, dim=1)
