"""How well a model names what sounds and shows, and tells right pairs from wrong ones."""

from collections.abc import Iterable

import numpy as np
import torch

from .functional import mean_average_precision
from .predictions import Prediction


def evaluate_tags(predictions: Iterable[Prediction]) -> dict[str, float]:
    """Score tags and correspondence; what a model does not predict is left out.

    - ``audio_map``, ``visual_map``: mean over classes of the average precision over clips, of
      ``pred_tags`` and ``pred_visual_tags``. A class is positive where its reference is above
      .5; the frame's own tags (``gt_visual_tags``) serve for the second where they differ. A
      class without a positive is in no mean.
    - ``audio_classes``, ``visual_classes``: how many classes the means are over.
    - ``avc_accuracy``: share of right answers, of both a clip's own pair (above .5) and its sound
      with another clip's image (not above), at the threshold .5.

    Args:
        predictions (Iterable[Prediction]): Each sample once.

    Returns:
        dict[str, float]: Shares in [0, 1], and counts.
    """
    samples = list(predictions)
    audio = [(p.pred_tags, p.gt_tags) for p in samples]
    visual = [
        (p.pred_visual_tags, p.gt_tags if p.gt_visual_tags is None else p.gt_visual_tags)
        for p in samples
    ]
    metrics = _mean_ap('audio', audio) | _mean_ap('visual', visual)
    pairs = [p.pred_avc for p in samples if p.pred_avc is not None]
    if pairs:
        own, other = np.stack(pairs).T
        right = np.concatenate([own[~np.isnan(own)] > 0.5, other[~np.isnan(other)] <= 0.5])
        metrics['avc_accuracy'] = float(right.mean())
    return metrics


def _mean_ap(
    modality: str, pairs: list[tuple[np.ndarray | None, np.ndarray | None]]
) -> dict[str, float]:
    pairs = [(scores, tags) for scores, tags in pairs if scores is not None and tags is not None]
    if not pairs:
        return {}
    scores, tags = (torch.from_numpy(np.stack(column)) for column in zip(*pairs))
    positive = tags > 0.5
    if not positive.any():
        return {}
    return {
        f'{modality}_map': mean_average_precision(scores, positive).item(),
        f'{modality}_classes': float(positive.any(0).sum()),
    }
