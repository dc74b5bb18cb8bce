"""Metrics of what does not sound: silent classes, and frames without any source in them."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from .predictions import Prediction
from .scoring import Scores, score, upsample
from .targets import Target, target_map

#: Up to this score a pixel is silent.
_SILENT_SCORE = 0.2
#: The number of confidence thresholds that SLAVC's evaluator tries at most.
_THRESHOLDS = 200


def silent_area(scores: Scores, predictions: Sequence[Prediction]) -> dict[str, float]:
    """DSOL's no-sounding area: how much of the maps of silent classes is silent.

    Returns:
        dict[str, float]: ``nsa``, the share of pixels at or below 0.2, as scored, in the maps of
        classes that do not sound in the frame, mean over these maps of a frame, then over
        ``frames``; ``maps``, how many there are. A model that is only asked for the classes that
        sound gives none.

    Source: Hu et al., "Discriminative Sounding Objects Localization via Self-supervised
    Audiovisual Matching" (NeurIPS 2020).
    """
    frames, count = [], 0
    for p in predictions:
        sounding = p.box_labels[p.box_sounding]
        silent = ~np.isin(p.map_labels, [-1, *sounding.tolist()])
        if len(sounding) and silent.any():
            maps = upsample(p, p.maps[silent], scores.protocol)
            frames.append((maps <= _SILENT_SCORE).double().mean().item())
            count += len(maps)
    if not frames:
        return {}
    return {'nsa': float(np.mean(frames)), 'maps': float(count), 'frames': float(len(frames))}


def extended_sets(scores: Scores, predictions: Sequence[Prediction]) -> dict[str, float]:
    """SLAVC's extended sets: is the model sure where something sounds, and unsure elsewhere?

    A frame's confidence is the mean of the top quarter of the scores of its map of the whole
    sound. At a confidence threshold a frame of which the model is that sure is a true positive
    where its cIoU with the union of the boxes is at least .5, else a false one; a frame with a
    source of which it is less sure is a false negative.

    Returns:
        dict[str, float]: ``ap`` over 200 thresholds, each recall step with the best precision
        from there on; ``max_f1`` over all confidences; ``loc_acc``, the share of frames with a
        source whose cIoU is above .5; ``positives`` and ``negatives``, how many frames. None
        where no frame is negative (``boxes`` of the manifest with an empty list).

    Source: Mo and Morgado, "A Closer Look at Weakly-Supervised Audio-Visual Source Localization"
    (NeurIPS 2022); its code gives F1 at ten of the confidences.
    """
    protocol = replace(scores.protocol, class_aware=False, extras=())
    (union,) = score(predictions, [protocol])['model']
    defined = ~np.isnan(union.ciou)
    positive = np.array([target.frame for target in union.targets], np.int64)[defined]
    negative = [frame for frame, p in enumerate(predictions) if p.negative]
    if not negative or not len(positive):
        return {}
    ciou = np.append(union.ciou[defined], np.full(len(negative), np.nan))
    sure = np.array([_confidence(predictions[i], scores) for i in [*positive, *negative]])
    thresholds = np.sort(sure)
    curve = _curve(ciou, sure, thresholds[:-1][:: -max(1, len(sure) // _THRESHOLDS)])
    return {
        'ap': _area(*curve),
        'max_f1': float(np.max(_f1(*_curve(ciou, sure, thresholds)))),
        'loc_acc': float(np.mean(union.ciou[defined] > 0.5)),
        'positives': float(len(positive)),
        'negatives': float(len(negative)),
    }


def _confidence(p: Prediction, scores: Scores) -> float:
    """Mean of the top quarter of the pixels; less than any where there is no map."""
    whole = Target(0, -1, 0, {})
    # of scores: a map that was normalised on its own is always sure
    answer = target_map(p, whole, scores.protocol.tags, normalise=None)
    if answer is None:
        return -np.inf
    pixels = upsample(p, answer, scores.protocol).flatten()
    return pixels.topk(-(-len(pixels) // 4)).values.mean().item()


def _curve(
    ciou: np.ndarray, sure: np.ndarray, thresholds: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Precision and recall at each threshold; the cIoU of a negative frame is nan."""
    is_sure = sure >= thresholds[:, None]
    true = (is_sure & (ciou >= 0.5)).sum(1)
    missed = (~is_sure & ~np.isnan(ciou)).sum(1)
    claimed = is_sure.sum(1)
    precision = np.where(claimed > 0, true / np.maximum(claimed, 1), 1.0)
    recall = np.where(true + missed > 0, true / np.maximum(true + missed, 1), 1.0)
    return precision, recall


def _area(precision: np.ndarray, recall: np.ndarray) -> float:
    best = np.maximum.accumulate(precision[::-1])[::-1]
    return float((best[:-1] * np.diff(recall)).sum())


def _f1(precision: np.ndarray, recall: np.ndarray) -> np.ndarray:
    total = precision + recall
    return np.where(total > 0, 2 * precision * recall / np.where(total > 0, total, 1), 0.0)
