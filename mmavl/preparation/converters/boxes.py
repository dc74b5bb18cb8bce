"""Telling box formats apart before a wrong one becomes a wrong figure."""

import numpy as np

from mmavl.datasets.manifest_checks import BOX_TOLERANCE, Problem, check_entry
from mmavl.errors import DataError

#: The share of boxes that must make sense under the other format before it is blamed.
_NEARLY_ALL = 0.99


def drop_bad_frames(entry: dict, classes: list[str]) -> list[Problem]:
    """Take frames with a bad box out of an entry of a manifest: one costs its frame, no more.

    An entry that would have no annotated frame left stays as it is, for the manifest's checks.

    Args:
        entry (dict): An item of ``data_list``; its ``boxes`` are replaced.
        classes (list[str]): The class names of the metainfo.

    Returns:
        list[Problem]: What is wrong with the frames taken out.
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
    """Raise where normalised x, y, width, height are given as corners or in pixels.

    Boxes of which some leave the frame while nearly all are corners in order are not xywh. Boxes
    that are possible under both readings pass: one box alone does not always say which it is.

    Args:
        boxes (ndarray): [n, 4].
        source (str): Where they are from, for the message.

    Raises:
        DataError: They are not what they should be.
    """
    if not len(boxes):
        return
    x, y, w, h = np.asarray(boxes, np.float64).T
    if np.median(boxes.max(1)) > 2:
        raise DataError(
            f'{source}: boxes are in pixels (e.g. {boxes[0].tolist()}), but must be shares of '
            "the frame's width and height"
        )
    limit = 1 + BOX_TOLERANCE
    outside = (x + w > limit) | (y + h > limit)
    corners = (w > x) & (h > y) & (w <= limit) & (h <= limit)
    if outside.any() and corners.mean() >= _NEARLY_ALL:
        example = boxes[outside][0].tolist()
        raise DataError(
            f'{source}: boxes are x1, y1, x2, y2, but must be x, y, width, height: as such, '
            f'{int(outside.sum())} of {len(boxes)} leave the frame (e.g. {example})'
        )


def require_xyxy(boxes: np.ndarray, source: str, side: float = 256) -> None:
    """Raise where corners in pixels are given as x, y, width, height or as shares.

    Args:
        boxes (ndarray): [n, 4].
        source (str): Where they are from, for the message.
        side (float): Of the frame, pixels.

    Raises:
        DataError: They are not what they should be.
    """
    if not len(boxes):
        return
    x, y, x2, y2 = np.asarray(boxes, np.float64).T
    if boxes.max() <= 2:
        raise DataError(
            f'{source}: boxes are shares of the frame (e.g. {boxes[0].tolist()}), but must be '
            f'pixels of {side:g} x {side:g}'
        )
    turned = (x2 <= x) | (y2 <= y)
    sizes = (x2 > 0) & (y2 > 0) & (x + x2 <= side + 1) & (y + y2 <= side + 1)
    if turned.any() and sizes.mean() >= _NEARLY_ALL:
        example = boxes[turned][0].tolist()
        raise DataError(
            f'{source}: boxes are x, y, width, height, but must be x1, y1, x2, y2: as such, '
            f'{int(turned.sum())} of {len(boxes)} end before they start (e.g. {example})'
        )
