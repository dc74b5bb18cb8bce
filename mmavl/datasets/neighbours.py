"""Which clips look or sound alike."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

from mmavl.errors import DataError
from mmavl.utils.strict_json import parse_json

from .feature_cache import FeatureReader

#: Rows that are compared with all others at once.
_BLOCK = 1024


def nearest_rows(features: FeatureReader, name: str, count: int, nearest: int) -> list[list[int]]:
    """The nearest rows of each row, by the cosine of their features' mean over the map.

    Args:
        features (FeatureReader): Such as a :class:`~mmavl.datasets.feature_cache.FeatureCache`.
        name (str): Which of them, e.g. 'image_features'.
        count (int): N, the number of rows.
        nearest (int): How many, k; fewer where there are not so many.

    Returns:
        list[list[int]]: For each row up to k others, the nearest first; itself for one that
        cannot be read or has no other.
    """
    means = (_mean(features, index, name) for index in range(count))
    rows = {index: mean for index, mean in enumerate(means) if mean is not None}
    usable = list(rows)
    nearest_of = [[index] for index in range(count)]
    if len(usable) < 2:
        return nearest_of
    units = F.normalize(torch.from_numpy(np.stack(list(rows.values()))), dim=1)
    for start in range(0, len(usable), _BLOCK):
        cosines = units[start : start + _BLOCK] @ units.T
        cosines.diagonal(start).fill_(-torch.inf)
        best = cosines.topk(min(nearest, len(usable) - 1)).indices
        for row, others in zip(usable[start : start + _BLOCK], best.tolist()):
            nearest_of[row] = [usable[other] for other in others]
    return nearest_of


def _mean(features: FeatureReader, index: int, name: str) -> np.ndarray | None:
    """A row's mean over its map, float32 [c]; None where its media could not be read."""
    try:
        values = features.read(index)[name]
    except DataError:
        return None
    return values.reshape(len(values), -1).mean(1, dtype=np.float32)


def read_neighbours(path: str | Path, clips: Sequence[str]) -> list[list[int]]:
    """Read a list of neighbours: JSON, each clip's id -> the ids of its neighbours.

    Neighbours that are not among the clips are left out.

    Args:
        path (str | Path): The file.
        clips (Sequence[str]): Ids of N clips.

    Returns:
        list[list[int]]: For each clip the indices of its neighbours, at least one.

    Raises:
        DataError: There is no such file, it is no such list, or a clip has no neighbour in it.
    """
    try:
        lists = parse_json(Path(path).read_bytes())
    except (OSError, ValueError) as error:
        raise DataError(f'neighbours {path} cannot be read: {error}') from error
    if not isinstance(lists, dict) or not all(isinstance(ids, list) for ids in lists.values()):
        raise DataError(f'neighbours {path}: not a JSON object of lists, clip id -> clip ids')
    index = {clip: number for number, clip in enumerate(clips)}
    found = [
        [index[other] for other in lists.get(clip, ()) if other in index and other != clip]
        for clip in clips
    ]
    without = [clip for clip, others in zip(clips, found) if not others]
    if without:
        raise DataError(
            f'neighbours {path}: {len(without)} of {len(clips)} clips have no neighbours in '
            f'the split, e.g. {without[0]!r}'
        )
    return found
