"""Detecting wrong box formats before they lead to wrong figures."""

import numpy as np

from mmavl.datasets.manifest_checks import BOX_TOLERANCE, Problem, check_entry
from mmavl.errors import DataError

#: The share of boxes that must be valid in the other format to suspect it.
_NEARLY_ALL = 0.99


def drop_bad_frames(entry: dict, classes: list[str]) -> list[Problem]:
    """Remove frames with a bad box from an entry, so that a bad box costs only its frame.

    An entry that would lose all its annotated frames is unchanged; the manifest's checks
    report it.

    Args:
        entry (dict): An item of ``data_list``; its ``boxes`` are replaced.
        classes (list[str]): The class names of the metainfo.

    Returns:
        list[Problem]: The problems of the removed frames.
    """
    if not entry.get('boxes') or not any(check_entry(entry, classes)):
        return []
    rest = {key: value for key, value in entry.items() if key != 'boxes'}
    known, problems, kept = list(check_entry(rest, classes)), [], {}
    for frame, items in entry['boxes'].items():
        with_frame = check_entry({**rest, 'boxes': {frame: items}}, classes)
        new = [problem for problem in with_frame if problem not in known]
        problems += new
        if not new:
            kept[frame] = items
    if not kept:
        return []
    entry['boxes'] = kept
    return problems


def require_xywh(boxes: np.ndarray, source: str) -> None:
    """Raise if normalised x, y, width, height are given as corners or in pixels.

    If some boxes extend outside the frame while nearly all are valid corners, they are not xywh.
    Boxes that are valid in both formats pass, since a single box is often ambiguous.

    Args:
        boxes (ndarray): [n, 4].
        source (str): Their origin, for the message.

    Raises:
        DataError: They have another format.
    """
    if not len(boxes):
        return
    x, y, w, h = np.asarray(boxes, np.float64).T
    if np.median(boxes.max(1)) > 2:
        raise DataError(
            f'{source}: boxes are in pixels (e.g. {boxes[0].tolist()}), but must be relative to '
            "the frame's width and height"
        )
    limit = 1 + BOX_TOLERANCE
    outside = (x + w > limit) | (y + h > limit)
    corners = (w > x) & (h > y) & (w <= limit) & (h <= limit)
    if outside.any() and corners.mean() >= _NEARLY_ALL:
        example = boxes[outside][0].tolist()
        raise DataError(
            f'{source}: boxes seem to be x1, y1, x2, y2, not x, y, width, height, since '
            f'{int(outside.sum())} of {len(boxes)} extend outside the frame (e.g. {example})'
        )


def require_xyxy(boxes: np.ndarray, source: str, side: float = 256) -> None:
    """Raise if corners in pixels are given as x, y, width, height or as shares of the frame.

    Args:
        boxes (ndarray): [n, 4].
        source (str): Their origin, for the message.
        side (float): Side of the frame in pixels.

    Raises:
        DataError: They have another format.
    """
    if not len(boxes):
        return
    x, y, x2, y2 = np.asarray(boxes, np.float64).T
    if boxes.max() <= 2:
        raise DataError(
            f'{source}: boxes are relative to the frame (e.g. {boxes[0].tolist()}), but must be '
            f'in pixels of {side:g} x {side:g}'
        )
    turned = (x2 <= x) | (y2 <= y)
    sizes = (x2 > 0) & (y2 > 0) & (x + x2 <= side + 1) & (y + y2 <= side + 1)
    if turned.any() and sizes.mean() >= _NEARLY_ALL:
        example = boxes[turned][0].tolist()
        raise DataError(
            f'{source}: boxes seem to be x, y, width, height, not x1, y1, x2, y2, since '
            f'{int(turned.sum())} of {len(boxes)} end before they start (e.g. {example})'
        )
