"""The same predictions against other references, e.g. detected boxes in place of true ones."""

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
    """Give predictions the references of another manifest, found by clip id and frame index.

    A frame without a box there keeps none: it is listed and not evaluated.

    Args:
        predictions (Sequence[Prediction]): Any.
        samples (Iterable[Mapping]): The other manifest's frames, as
            :class:`~mmavl.datasets.AVDataset` lists them at the predictions' tag level: boxes
            normalised xywh.
        source (str): The manifest's name, for the message.

    Returns:
        list[Prediction]: As many, in the same order.

    Raises:
        DataError: The manifest lacks a clip that was predicted.
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
    return {**found, 'boxes': corners, 'annotators': annotators, 'gt_map': None}
