"""Using other references for predictions, e.g. detected boxes instead of true ones."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from mmavl.errors import DataError

from .predictions import Prediction

_NO_BOXES = {
    'boxes': np.zeros((0, 4)),
    'box_labels': np.zeros(0),
    'box_families': np.zeros(0),
    'box_names': [],
    'box_sounding': np.zeros(0),
}


def with_references(
    predictions: Sequence[Prediction], samples: Iterable[Mapping[str, Any]], source: str
) -> list[Prediction]:
    """Replace the references of predictions by those of another manifest, by clip id and frame.

    A frame without a box there has no references: it is listed but not evaluated.

    Args:
        predictions (Sequence[Prediction]): The predictions.
        samples (Iterable[Mapping]): The other manifest's frames, as listed by
            :class:`~mmavl.datasets.AVDataset` at the predictions' tag level: boxes
            normalised xywh.
        source (str): The manifest's path, for the message.

    Returns:
        list[Prediction]: The same number, in the same order.

    Raises:
        DataError: A predicted clip is missing in the manifest.
    """
    frames = {(sample['clip_id'], sample['frame_index']): sample for sample in samples}
    clips = {clip for clip, _ in frames}
    absent = sorted({p.clip_id for p in predictions} - clips)
    if absent:
        raise DataError(
            f'{source} has no annotated frame for {len(absent)} of the clips that were '
            f"predicted, '{absent[0]}' among them: is it of the same split?"
        )
    return [replace(p, **_references(frames.get(p.identity))) for p in predictions]


def _references(sample: Mapping[str, Any] | None) -> dict[str, Any]:
    found = _NO_BOXES if sample is None else {name: sample[name] for name in _NO_BOXES}
    x, y, w, h = np.asarray(found['boxes'], np.float64).reshape(-1, 4).T
    corners = np.stack([x, y, x + w, y + h], axis=1)
    annotators = None if sample is None else sample.get('annotators')
    negative = sample is not None and bool(sample.get('negative', False))
    return {
        **found,
        'boxes': corners,
        'annotators': annotators,
        'gt_map': None,
        'negative': negative,
    }
