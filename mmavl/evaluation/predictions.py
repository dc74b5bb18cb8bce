"""A clip's prediction with its reference, and the file for the predictions of a split."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np
import torch

from mmavl.errors import DataError
from mmavl.utils.files import atomic_write
from mmavl.utils.strict_json import parse_json
from mmavl.utils.zip_files import zip_problem

from .prediction_checks import check_prediction

_FORMAT = 'mmavl.predictions/1'
_METAINFO = ('dataset', 'split', 'classes', 'groups', 'families', 'tag_level')
#: The type of each array of a prediction, in memory and in a file.
_ARRAYS = {
    'maps': np.float32,
    'map_labels': np.int64,
    'boxes': np.float64,
    'box_labels': np.int64,
    'box_sounding': np.bool_,
    'box_families': np.int64,
    'pred_labels': np.int64,
    'pred_tags': np.float32,
    'pred_visual_tags': np.float32,
    'pred_avc': np.float32,
    'gt_tags': np.float32,
    'gt_visual_tags': np.float32,
    'annotators': np.float64,
    'gt_map': np.float32,
}


@dataclass
class Prediction:
    """A model's prediction for a frame and its sound, with the reference: all data for scoring.

    C is the number of tag classes, n of boxes, K of maps. Maps are kept as float32, so that a
    dump gives exactly the same scores as the live run.

    Attributes:
        clip_id (str): With ``frame_index``, the identity of the sample.
        frame_index (int): Which frame of the clip.
        img_path, audio_path (str): Where the media are, for reports; may be empty.
        negative (bool): The frame is annotated, and nothing that it shows sounds.
        box_names (list[str]): The class of each box as the manifest has it, [n] or empty.
        maps: float32 [K, h, w]; ``map_labels``: int64 [K], -1 is class-agnostic.
        pred_labels: int64 [M], the classes predicted to be sounding, or None.
        pred_tags, pred_visual_tags, gt_tags, gt_visual_tags: float32 [C], or None.
        pred_avc: float32 [2], or None; see :class:`mmavl.structures.AVDataSample`.
        boxes: float64 [n, 4], **normalised xyxy**; ``box_labels`` int64 [n]; ``box_sounding``
            bool [n]; ``box_families`` int64 [n], -1 where no family is known.
        annotators: float64 [m, 4], xyxy in pixels of 256 x 256, or None.
        gt_map: float32 [H, W], a given consensus map, or None.
    """

    clip_id: str
    frame_index: int = 0
    img_path: str = ''
    audio_path: str = ''
    negative: bool = False
    box_names: list[str] = field(default_factory=list)
    maps: np.ndarray = field(default_factory=lambda: np.zeros((0, 1, 1)))
    map_labels: np.ndarray = field(default_factory=lambda: np.zeros(0))
    boxes: np.ndarray = field(default_factory=lambda: np.zeros((0, 4)))
    box_labels: np.ndarray = field(default_factory=lambda: np.zeros(0))
    box_sounding: np.ndarray = field(default_factory=lambda: np.zeros(0))
    box_families: np.ndarray = field(default_factory=lambda: np.zeros(0))
    pred_labels: np.ndarray | None = None
    pred_tags: np.ndarray | None = None
    pred_visual_tags: np.ndarray | None = None
    pred_avc: np.ndarray | None = None
    gt_tags: np.ndarray | None = None
    gt_visual_tags: np.ndarray | None = None
    annotators: np.ndarray | None = None
    gt_map: np.ndarray | None = None

    def __post_init__(self) -> None:
        for name, dtype in _ARRAYS.items():
            value = getattr(self, name)
            setattr(self, name, None if value is None else np.asarray(value, dtype))
        if self.annotators is not None and not self.annotators.size:
            self.annotators = None  # not annotated: listed but not evaluated
        if len(self.maps) != len(self.map_labels):
            raise DataError(
                f"clip '{self.clip_id}': {len(self.maps)} maps with {len(self.map_labels)} labels"
            )
        if not np.isfinite(self.maps).all():
            raise DataError(f"clip '{self.clip_id}': a predicted map holds nan or inf")

    @property
    def identity(self) -> tuple[str, int]:
        """Identifies the sample of a prediction."""
        return self.clip_id, self.frame_index

    @property
    def class_agnostic(self) -> bool:
        """Whether the model predicts one map for all sounds together."""
        return len(self.map_labels) > 0 and bool((self.map_labels == -1).all())

    @classmethod
    def from_sample(cls, sample: Mapping[str, Any]) -> 'Prediction':
        """Extract the needed data from ``AVDataSample.to_dict()``.

        Args:
            sample (Mapping): Meta keys and fields at top level, tensors on any device; boxes
                xyxy in pixels of ``input_shape``.
        """
        values: dict[str, Any] = {
            name: _numpy(sample[name])
            for name in (*_OPTIONAL, 'map_labels')
            if sample.get(name) is not None
        }
        for name in ('img_path', 'audio_path'):
            values[name] = str(sample.get(name) or '')
        values['negative'] = bool(sample.get('negative', False))
        if len(sample.get('annotators') or ()):
            values.pop(
                'gt_map', None
            )  # computed from these, which each protocol rounds differently
        if 'pred_maps' in sample:
            values['maps'] = _numpy(sample['pred_maps']['data'])
        if len(instances := sample.get('gt_instances') or {}):
            height, width = sample['input_shape']
            scale = np.array([width, height, width, height], np.float64)
            count = len(instances['bboxes'])
            values.update(
                boxes=_numpy(instances['bboxes']).reshape(-1, 4) / scale,
                box_labels=_numpy(instances['labels']),
                box_sounding=_numpy(instances['sounding']),
                box_families=_numpy(instances.get('families', np.full(count, -1))),
                box_names=list(instances.get('names', [])),
            )
        return cls(sample['clip_id'], int(sample.get('frame_index') or 0), **values)


_PLAIN = [f.name for f in fields(Prediction) if f.name not in _ARRAYS]
_OPTIONAL = [f.name for f in fields(Prediction) if f.default is None]


def _numpy(value: Any) -> np.ndarray:
    if hasattr(value, 'detach'):
        value = value.detach().cpu()
        value = value.float() if value.dtype == torch.bfloat16 else value  # not supported by numpy
    return np.asarray(value)


def unique_predictions(predictions: Sequence[Prediction]) -> list[Prediction]:
    """Each sample once, sorted by identity, so that scores do not depend on gathering."""
    return [p for _, p in sorted({p.identity: p for p in reversed(predictions)}.items())]


def write_predictions(
    path: str | Path, predictions: Sequence[Prediction], metainfo: Mapping[str, Any]
) -> None:
    """Write an ``.npz`` file without pickled objects; readers get the old or the new version.

    Args:
        path (str | Path): The file; missing folders are created.
        predictions (Sequence[Prediction]): The predictions.
        metainfo (Mapping): The dataset's; name, split, classes, groups and families are kept.

    Raises:
        OSError: The file cannot be written, e.g. because the disk is full.
    """
    header = {
        'format': _FORMAT,
        'metainfo': {key: metainfo[key] for key in _METAINFO if key in metainfo},
        'samples': [{name: getattr(p, name) for name in _PLAIN} for p in predictions],
    }
    arrays: dict[str, Any] = {'header': np.frombuffer(json.dumps(header).encode(), np.uint8)}
    for name, dtype in _ARRAYS.items():
        values = [getattr(p, name) for p in predictions]
        present = [value for value in values if value is not None]
        if present:
            absent = (-1,) * present[0].ndim
            arrays[f'{name}.shape'] = np.array([absent if v is None else v.shape for v in values])
            arrays[name] = np.concatenate([v.ravel() for v in present]).astype(dtype)
    with atomic_write(path, 'wb') as file:
        np.savez(file, **arrays)


def read_predictions(path: str | Path) -> tuple[list[Prediction], dict[str, Any]]:
    """Read a dump of :func:`write_predictions`.

    Args:
        path (str | Path): The ``.npz`` file.

    Returns:
        tuple: The predictions, and the dataset's metainfo.

    Raises:
        FileNotFoundError: There is no such file.
        DataError: The file is not a prediction dump, or is truncated.
    """
    if not Path(path).exists():
        raise FileNotFoundError(f'prediction dump not found: {path}')
    problem = zip_problem(path, check_sums=False)  # numpy verifies them
    if problem:
        raise DataError(f'{path} is not a prediction dump (.npz), or is cut short ({problem})')
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = dict(file)
        header = parse_json(arrays['header'].tobytes())
        if header['format'] != _FORMAT:
            raise ValueError(f'its format is {header["format"]}, not {_FORMAT}')
        columns: dict[str, list[Any]] = {
            name: _split(arrays[name], arrays[f'{name}.shape'])
            for name in _ARRAYS
            if name in arrays
        }
        predictions = [
            Prediction(**sample, **{name: column[i] for name, column in columns.items()})
            for i, sample in enumerate(header['samples'])
        ]
        for prediction in predictions:
            check_prediction(prediction, header['metainfo'].get('classes'))
    except Exception as error:  # numpy raises almost any type on damaged files
        raise DataError(f'{path} is not a prediction dump: {error}; write it again') from error
    return predictions, header['metainfo']


def _split(values: np.ndarray, shapes: np.ndarray) -> list[np.ndarray | None]:
    """Undo the concatenation of ragged arrays; a shape of -1 marks a missing one."""
    sizes = np.where(shapes[:, 0] < 0, 0, shapes.prod(1))
    if shapes.min(initial=0) < -1 or sizes.sum() != len(values):
        raise ValueError(f'{len(values)} values do not make arrays of {sizes.sum()}')
    parts = np.split(values, np.cumsum(sizes)[:-1])
    return [None if s[0] < 0 else part.reshape(s) for part, s in zip(parts, shapes)]
