"""From figures of single targets to those of a split."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch

from .extra_metrics import EXTRAS, OF_ANY_ROW
from .functional import success_auc, success_rate
from .predictions import Prediction
from .scoring import Scores
from .targets import REGIONS

_OWN = REGIONS.index('own')
_SAME = REGIONS.index('silent_same')
_OTHER = REGIONS.index('silent_other')
_SILENT = [i for i, region in enumerate(REGIONS) if region.startswith('silent')]
_CONFUSED = REGIONS.index('other_sounding')


class FrameScores:
    """Scores reduced to frames, F of them: those with at least one target that is defined.

    Attributes:
        frames (ndarray): Index of the prediction, [F].
        levels (ndarray): Number of sounding annotated classes, [F]; 0: consensus map.
        ciou (ndarray): cIoU_class of Eq. 9, the mean over the frame's defined targets, [F].
        all_sources (ndarray): Whether every one of them reaches the threshold, bool [F].
        sfd (ndarray): Whether a silent instrument of a sounding one's family is shown, bool [F].
    """

    def __init__(self, scores: Scores) -> None:
        frame = np.array([target.frame for target in scores.targets], np.int64)
        defined = ~np.isnan(scores.ciou)
        self.frames, first = np.unique(frame[defined], return_index=True)
        self.levels = np.array([t.level for t in scores.targets], np.int64)[defined][first]
        index = np.searchsorted(self.frames, frame[defined])
        size = len(self.frames)
        count = np.bincount(index, minlength=size)
        self.ciou = np.bincount(index, scores.ciou[defined], size) / count
        lowest = np.full(size, np.inf)
        np.minimum.at(lowest, index, scores.ciou[defined])
        needed = [scores.protocol.success_threshold(level) for level in self.levels.tolist()]
        self.all_sources = lowest >= np.array(needed) - 1e-9
        same = np.array(['silent_same' in t.boxes for t in scores.targets], bool)[defined]
        self.sfd = np.bincount(index, same, size) > 0


def summarise(scores: Scores, predictions: Sequence[Prediction]) -> dict[str, float]:
    """Reduce scores to flat metrics; shares are in [0, 1].

    A *pair* is a frame and one of its sounding classes (the whole frame for a class-agnostic
    map). ``{level}`` is ``level1``, ``level2``, ..., by the number of sounding annotated classes,
    or ``consensus``. A rate without a denominator (no silent instrument anywhere) is left out.

    - ``evaluated``, ``listed``: frames scored, of frames given; ``{level}_frames``.
    - ``{level}_ciou``: share of frames whose cIoU_class reaches the level's threshold;
      ``{level}_auc``: over all thresholds; ``{level}_mean_ciou``: the mean itself;
      ``{level}_all_sources``: share of frames in which every class reaches the threshold;
      ``{level}_pointing``. ``average_ciou``: the mean of ``{level}_ciou`` over levels.
    - ``all_sources``, ``pointing``: over all frames, over all pairs.
    - ``distraction``: maxima in a silent instrument's box, of pairs in frames that show one;
      ``distraction_same`` and ``distraction_other``: its parts in boxes of the pair's own
      family and of another.
    - ``confusion``: maxima in another sounding class's box, of pairs with another such class.
    - ``sfd/own``, ``sfd/silent``: maxima in the own and in the silent instrument's box, of the
      ``sfd/pairs`` for which a silent instrument of the *same family* is shown; ``sfd/mean_ciou``
      and ``sfd/all_sources`` of the ``sfd/frames`` that hold them.
    - ``missed_classes``: share of pairs without a map (given tags: only where there is one);
      ``invented_per_frame``: classes predicted that are neither annotated nor in the tags.
    - ``class_agnostic``: share of frames scored by one map against the union of their boxes,
      only where there is one.
    - ``threshold``: for `val_best`, the one chosen.
    - what the protocol's ``extras`` add, see :mod:`mmavl.evaluation.extra_metrics`.
    """
    frames = FrameScores(scores)
    metrics = {'evaluated': float(len(frames.frames)), 'listed': float(len(predictions))}
    metrics |= _levels(scores, frames) | _pointing(scores) | _subset(scores, frames)
    metrics |= _heard(scores, predictions)
    for name in scores.protocol.extras:
        if scores.row == 'model' or name in OF_ANY_ROW:
            figures = EXTRAS[name](scores, predictions)
            metrics |= {f'{name}/{key}': value for key, value in figures.items()}
    threshold = scores.protocol.threshold
    if scores.protocol.name == 'val_best' and threshold is not None:
        metrics['threshold'] = float(threshold)
    return metrics


def _levels(scores: Scores, frames: FrameScores) -> dict[str, float]:
    metrics: dict[str, float] = {}
    successes = []
    target_levels = np.array([target.level for target in scores.targets], np.int64)
    for level in np.unique(frames.levels).tolist():
        name = f'level{level}' if level else 'consensus'
        chosen = frames.levels == level
        ciou = torch.from_numpy(frames.ciou[chosen])
        successes.append(success_rate(ciou, scores.protocol.success_threshold(level)).item())
        metrics |= {
            f'{name}_frames': float(chosen.sum()),
            f'{name}_ciou': successes[-1],
            f'{name}_auc': success_auc(ciou).item(),
            f'{name}_mean_ciou': ciou.mean().item(),
            f'{name}_all_sources': float(frames.all_sources[chosen].mean()),
            f'{name}_pointing': float(scores.peaks[target_levels == level, _OWN].mean()),
        }
    if successes:
        metrics['average_ciou'] = float(np.mean(successes))
        metrics['all_sources'] = float(frames.all_sources.mean())
    return metrics


def _pointing(scores: Scores) -> dict[str, float]:
    metrics = {}
    if len(scores.targets):
        metrics['pointing'] = float(scores.peaks[:, _OWN].mean())
    shown = [{REGIONS.index(region) for region in target.boxes} for target in scores.targets]
    silent = np.array([bool(kinds & set(_SILENT)) for kinds in shown], bool)
    if silent.any():
        metrics['distraction'] = float(scores.peaks[silent][:, _SILENT].sum(1).mean())
    if any(kinds & {_SAME, _OTHER} for kinds in shown):
        metrics['distraction_same'] = float(scores.peaks[silent, _SAME].mean())
        metrics['distraction_other'] = float(scores.peaks[silent, _OTHER].mean())
    several = np.array([_CONFUSED in kinds for kinds in shown], bool)
    if several.any():
        metrics['confusion'] = float(scores.peaks[several, _CONFUSED].mean())
    return metrics


def _subset(scores: Scores, frames: FrameScores) -> dict[str, float]:
    """The same-family-distractor (SFD) subset."""
    same = np.array(['silent_same' in target.boxes for target in scores.targets], bool)
    if not frames.sfd.any():
        return {}
    return {
        'sfd/frames': float(frames.sfd.sum()),
        'sfd/pairs': float(same.sum()),
        'sfd/own': float(scores.peaks[same, _OWN].mean()),
        'sfd/silent': float(scores.peaks[same, _SAME].mean()),
        'sfd/mean_ciou': float(frames.ciou[frames.sfd].mean()),
        'sfd/all_sources': float(frames.all_sources[frames.sfd].mean()),
    }


def _heard(scores: Scores, predictions: Sequence[Prediction]) -> dict[str, float]:
    frames = sorted({target.frame for target in scores.targets})
    agnostic = [predictions[frame].class_agnostic for frame in frames]
    metrics = {'class_agnostic': float(np.mean(agnostic))} if any(agnostic) else {}
    if scores.row != 'model' or not frames:
        return metrics
    predicted = scores.protocol.tags == 'predicted'
    if predicted or not scores.has_map.all():
        metrics['missed_classes'] = float(1 - scores.has_map.mean())
    if predicted and not any(agnostic):
        invented = [_invented(predictions[frame]) for frame in frames]
        metrics['invented_per_frame'] = float(np.mean(invented))
    return metrics


def _invented(p: Prediction) -> int:
    if p.pred_labels is None:
        return 0
    right = set(p.box_labels[p.box_sounding].tolist())
    if p.gt_tags is not None:
        right |= set(np.flatnonzero(p.gt_tags > 0.5).tolist())
    return len(set(p.pred_labels.tolist()) - right)


def sample_scores(
    scores: Scores, predictions: Sequence[Prediction], metainfo: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """One record for each listed frame, for reports and JSON.

    Returns:
        list[dict]: ``clip_id``, ``frame_index``, ``img_path``, ``audio_path``; ``level``,
        ``ciou`` (cIoU_class; None: not evaluated), ``all_sources``, ``pointing`` (mean over its
        classes), ``sfd``; ``classes``: for each of its targets ``class`` (None: the whole
        sound), ``ciou``, ``pointing``, ``has_map``.
    """
    names = metainfo.get('classes', [])
    reduced = FrameScores(scores)
    row_of = {frame: row for row, frame in enumerate(reduced.frames.tolist())}
    classes: list[list[dict]] = [[] for _ in predictions]
    for target, ciou, peaks, has_map in zip(
        scores.targets, scores.ciou.tolist(), scores.peaks.tolist(), scores.has_map.tolist()
    ):
        name = None if target.label < 0 else target.label
        name = names[name] if name is not None and name < len(names) else name
        ciou = None if np.isnan(ciou) else ciou
        classes[target.frame].append(
            {'class': name, 'ciou': ciou, 'pointing': peaks[_OWN], 'has_map': has_map}
        )
    records = []
    for frame, p in enumerate(predictions):
        row = row_of.get(frame)
        pointing = [record['pointing'] for record in classes[frame]]
        records.append(
            {
                'clip_id': p.clip_id,
                'frame_index': p.frame_index,
                'img_path': p.img_path,
                'audio_path': p.audio_path,
                'level': None if row is None else int(reduced.levels[row]),
                'ciou': None if row is None else float(reduced.ciou[row]),
                'all_sources': None if row is None else bool(reduced.all_sources[row]),
                'pointing': float(np.mean(pointing)) if pointing else None,
                'sfd': row is not None and bool(reduced.sfd[row]),
                'classes': classes[frame],
            }
        )
    return records
