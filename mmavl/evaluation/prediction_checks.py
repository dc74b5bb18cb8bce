"""Checks of predictions read from a file, so that scoring can rely on them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from mmavl.utils.strict_json import brief

if TYPE_CHECKING:
    from .predictions import Prediction

_PLAIN = {
    'clip_id': str,
    'frame_index': int,
    'img_path': str,
    'audio_path': str,
    'negative': bool,
}
#: The number of dimensions of each array, and which other one is as long.
_SHAPES = {
    'maps': (3, 'map_labels'),
    'map_labels': (1, 'maps'),
    'boxes': (2, 'box_labels'),
    'box_labels': (1, 'boxes'),
    'box_sounding': (1, 'boxes'),
    'box_families': (1, 'boxes'),
    'pred_labels': (1, None),
    'pred_tags': (1, None),
    'pred_visual_tags': (1, None),
    'pred_avc': (1, None),
    'gt_tags': (1, None),
    'gt_visual_tags': (1, None),
    'annotators': (2, None),
    'gt_map': (2, None),
}
_TAGS = ('pred_tags', 'pred_visual_tags', 'gt_tags', 'gt_visual_tags')
_LABELS = {'map_labels': -1, 'box_labels': 0, 'pred_labels': 0}


def check_prediction(prediction: 'Prediction', classes: Sequence[str] | None) -> None:
    """Check types, shapes and labels.

    Args:
        prediction (Prediction): A prediction from a file.
        classes (Sequence[str], optional): The file's class names, if any.

    Raises:
        ValueError: A check fails; the message names the clip.
    """
    problem = _problem(prediction, classes)
    if problem:
        raise ValueError(f'clip {brief(prediction.clip_id)}: {problem}')


def _problem(prediction: 'Prediction', classes: Sequence[str] | None) -> str:
    for name, kind in _PLAIN.items():
        if type(getattr(prediction, name)) is not kind:
            return f'{name} must be {kind.__name__}, not {brief(getattr(prediction, name))}'
    names = prediction.box_names
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        return f'box_names is not a list of names: {brief(names)}'
    for name, (dimensions, other) in _SHAPES.items():
        value = getattr(prediction, name)
        if value is None:
            continue
        if value.ndim != dimensions:
            return f'{name} has the shape {list(value.shape)}, not {dimensions} dimensions'
        if other is not None and len(value) != len(getattr(prediction, other)):
            return f'{len(value)} {name}, but {len(getattr(prediction, other))} {other}'
        if name in ('boxes', 'annotators') and value.shape[1] != 4:
            return f'{name} has rows of {value.shape[1]} numbers, not of 4'
    if names and len(names) != len(prediction.boxes):
        return f'{len(prediction.boxes)} boxes, but {len(names)} box_names'
    if not np.isfinite(prediction.boxes).all():
        return 'a box holds nan or inf'
    return '' if classes is None else _class_problem(prediction, len(classes))


def _class_problem(prediction: 'Prediction', count: int) -> str:
    for name in _TAGS:
        value = getattr(prediction, name)
        if value is not None and len(value) != count:
            return f'{name} has {len(value)} values for {count} classes'
    for name, least in _LABELS.items():
        value = getattr(prediction, name)
        if value is not None and value.size and not least <= value.min() <= value.max() < count:
            return f'{name} holds {value.min()} to {value.max()}, of {count} classes'
    return ''
