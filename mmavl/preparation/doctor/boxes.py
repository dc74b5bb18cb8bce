"""Boxes that are read in another format than they are written in."""

from collections.abc import Iterator

import numpy as np

from mmavl.datasets.manifest_checks import BOX_TOLERANCE

from .finding import Finding

#: Box formats by what their four numbers are.
LAYOUTS = {'xywh': 'x, y, width, height', 'xyxy': 'x1, y1, x2, y2'}
#: The share of boxes that must make sense in the other format before a mix-up is named.
_NEARLY_ALL = 0.99


def check_boxes(path: str, boxes: np.ndarray, layout: str) -> Iterator[Finding]:
    """Check boxes that are to be read in one format.

    Args:
        path (str): The file.
        boxes (ndarray): [n, 4], shares of the frame.
        layout (str): A key of :data:`LAYOUTS`.

    Yields:
        Finding: Numbers that are none, pixels in place of shares, the other format, or boxes
        without area or outside the frame; and, of boxes of x, y, width and height, a note on how
        many would be empty as corners.
    """
    total = len(boxes)
    finite = np.isfinite(boxes).all(1)
    if not finite.all():
        yield _degenerate(path, boxes, ~finite, 'are not four numbers')
    boxes = boxes[finite]
    if not len(boxes):
        return
    if np.median(boxes.max(1)) > 2:
        text = f'boxes are in pixels (e.g. {boxes[0].tolist()}), not shares of the frame'
        yield Finding(path, 'box format', text, len(boxes), total)
        return
    empty = {name: _empty(boxes, name) for name in LAYOUTS}
    outside = {name: _outside(boxes, name) for name in LAYOUTS}
    other = 'xyxy' if layout == 'xywh' else 'xywh'
    wrong = empty[layout] | outside[layout]
    if wrong.any() and (~(empty[other] | outside[other])).mean() >= _NEARLY_ALL:
        yield _mix_up(path, layout, other, empty[layout], outside[layout], total)
        return
    if empty[layout].any():
        yield _degenerate(path, boxes, empty[layout], 'have no area', total)
    if outside[layout].any():
        yield _degenerate(path, boxes, outside[layout], 'leave the frame', total)
    if layout == 'xywh' and empty['xyxy'].any():
        count = int(empty['xyxy'].sum())
        text = (
            f'boxes are {LAYOUTS["xywh"]}; read as {LAYOUTS["xyxy"]}, {count} of {total} are empty'
        )
        yield Finding(path, 'box format', text, count, total, problem=False)


def _empty(boxes: np.ndarray, layout: str) -> np.ndarray:
    """Boxes without area, bool [n]."""
    low = boxes[:, :2] if layout == 'xyxy' else np.zeros(2)
    return np.asarray((boxes[:, 2:] <= low).any(1))


def _outside(boxes: np.ndarray, layout: str) -> np.ndarray:
    """Boxes that leave the frame by more than rounding, bool [n]."""
    last = boxes[:, 2:] if layout == 'xyxy' else boxes[:, :2] + boxes[:, 2:]
    return np.asarray((boxes[:, :2] < -BOX_TOLERANCE).any(1) | (last > 1 + BOX_TOLERANCE).any(1))


def _mix_up(
    path: str, layout: str, other: str, empty: np.ndarray, outside: np.ndarray, total: int
) -> Finding:
    parts = [(int(empty.sum()), 'are empty'), (int((outside & ~empty).sum()), 'leave the frame')]
    wrong = ' and '.join(f'{count} of {total} {what}' for count, what in parts if count)
    text = (
        f'read as {LAYOUTS[layout]}, {wrong}; nearly all are valid as {LAYOUTS[other]}: '
        'read or write them that way'
    )
    count = parts[0][0] or parts[1][0]
    return Finding(path, 'box format', text, count, total)


def _degenerate(
    path: str, boxes: np.ndarray, wrong: np.ndarray, what: str, total: int | None = None
) -> Finding:
    total = len(boxes) if total is None else total
    count = int(wrong.sum())
    text = f'{count} of {total} boxes {what}, e.g. {boxes[wrong][0].tolist()}'
    return Finding(path, 'degenerate box', text, count, total)
