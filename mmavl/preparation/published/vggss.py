"""VGG-SS: boxes of sounding objects in frames of VGGSound."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from mmavl.errors import DataError
from mmavl.utils.file_names import require_name

from .reading import Duplicates, four_numbers, read_json, reading


@dataclass(frozen=True)
class VggssBoxes:
    """The annotation of VGG-SS.

    Attributes:
        boxes (dict): Clip, ``{YouTube id}_{second}`` -> float64 [m, 4], normalised **xyxy**
            inside the frame, those with an area.
        classes (dict): Clip -> its class.
        problems (dict): Clip -> changes: boxes that extended outside the frame were clipped, and
            those without area were left out.
        duplicates (list): Clip and detail of clips that occur twice; the first one is used.
    """

    boxes: dict[str, np.ndarray] = field(default_factory=dict)
    classes: dict[str, str] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)
    duplicates: Duplicates = field(default_factory=list)


def read_vggss_boxes(path: str | Path) -> VggssBoxes:
    """Read ``vggss.json``: normalised **xyxy**, in part far outside the frame.

    The published file has numbers like -2.9e16, which mean the frame's edge.

    Raises:
        FileNotFoundError: There is no such file.
        DataError: It is not the published annotation, e.g. its boxes are in pixels or x, y,
            width, height.
    """
    release = VggssBoxes()
    with reading(path):
        for number, item in enumerate(read_json(path)):
            clip = require_name(item['file'], f'{path}: item {number}')
            place = f'{path}: {clip!r}'
            rows = np.array([four_numbers(box, place) for box in item['bbox']]).reshape(-1, 4)
            if clip in release.boxes:
                release.duplicates.append((clip, f'{path} lists it twice: the first is used'))
                continue
            release.boxes[clip], release.classes[clip] = rows, require_name(item['class'], place)
    _require_shares(np.concatenate([np.zeros((0, 4)), *release.boxes.values()]), path)
    for clip, rows in release.boxes.items():
        inside = np.clip(np.nan_to_num(rows, nan=0.0), 0, 1)
        kept = inside[(inside[:, 2:] > inside[:, :2]).all(1)]
        changed = rows[(inside != rows).any(1)]
        if len(changed):
            release.problems[clip] = f'clipped to the frame: {changed.tolist()}'
        if len(kept) < len(rows):
            text = f'{len(rows) - len(kept)} of {len(rows)} boxes have no area'
            release.problems[clip] = '; '.join(filter(None, [release.problems.get(clip), text]))
        release.boxes[clip] = kept
    return release


def _require_shares(boxes: np.ndarray, path: str | Path) -> None:
    """Raise unless most boxes are corners relative to the frame; single ones may be invalid."""
    if not len(boxes):
        raise DataError(f'{path} has no boxes')
    if np.nanmedian(boxes.max(1)) > 2:
        example = boxes[0].tolist()
        raise DataError(f'{path}: boxes are in pixels (e.g. {example}), not relative to the frame')
    turned = (boxes[:, 2:] < boxes[:, :2]).any(1)
    if turned.mean() > 0.05:
        raise DataError(
            f'{path}: boxes seem to be x, y, width, height, not x1, y1, x2, y2, since '
            f'{int(turned.sum())} of {len(boxes)} end before they start (e.g. '
            f'{boxes[turned][0].tolist()})'
        )
