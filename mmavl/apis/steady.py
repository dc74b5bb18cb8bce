"""Views of a video that do not flicker: what is drawn appears and disappears only when stable."""

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mmavl.visualization.drawing import Box
from mmavl.visualization.video_frame import View

from .localization import Localization
from .smoothing import neighbourhoods, time_weights
from .views import Region, joined, relative_boxes, strength, visible_labels

#: Seconds before and after a moment that decide what is drawn.
RANGE = 1.0
#: What is missing appears above the first share of the windows within range, and what is drawn
#: disappears below the second.
APPEARS, DISAPPEARS = 0.5, 0.3
#: Least intersection over union of a region with its box in an earlier window.
_SAME = 0.2


@dataclass(frozen=True, eq=False)
class _Window:
    """A window's result, with a box (relative xyxy) for each region."""

    time: float
    result: Localization
    boxes: Mapping[Region, Box]


def steady_views(windows: Iterable[Localization]) -> Iterator[tuple[float, View]]:
    """Turn the windows of a video into what is drawn of them.

    A class or region appears once it is in more than half of the windows within 1 s before and
    after, and disappears once it is in less than 30 % of them. Overlapping boxes of one class in
    successive windows are one region; its box is the mean over the windows within 1 s, weighted
    like :func:`.smoothing.smooth`.

    Args:
        windows (Iterable[Localization]): In order of time; a second of them is kept in memory.

    Yields:
        tuple[float, View]: The time in seconds of each window, and its view.
    """
    drawn: set[Hashable] = set()
    for near, here in neighbourhoods(_with_regions(windows), RANGE):
        counts = Counter(key for window in near for key in _present(window))
        drawn = {
            key
            for key, count in counts.items()
            if count / len(near) > (DISAPPEARS if key in drawn else APPEARS)
        }
        yield here.time, _view(near, here, drawn)


def _with_regions(windows: Iterable[Localization]) -> Iterator[_Window]:
    """Follow the regions of each class from window to window."""
    last: dict[Region, tuple[float, Box]] = {}
    count = 0
    for result in windows:
        time = result.time
        assert time is not None  # of a video
        last = {k: v for k, v in last.items() if time - v[0] <= 2 * RANGE + 1e-6}
        boxes: dict[Region, Box] = {}
        for label in visible_labels(result):
            for box in relative_boxes(result, label):
                known = {k: _iou(v[1], box) for k, v in last.items() if k[0] == label}
                known = {k: iou for k, iou in known.items() if k not in boxes and iou > _SAME}
                count += not known
                boxes[max(known, key=known.__getitem__) if known else (label, count)] = box
        last |= {region: (time, box) for region, box in boxes.items()}
        yield _Window(time, result, boxes)


def _present(window: _Window) -> list[Hashable]:
    """Keys of all that is in a window: audible and visible classes, and regions."""
    audible = [('audible', label) for label in window.result.sounding]
    return [*audible, *(('visible', k) for k in visible_labels(window.result)), *window.boxes]


def _view(near: Sequence[_Window], here: _Window, drawn: set[Hashable]) -> View:
    """What is drawn at a window, from its neighbourhood."""
    nearest = sorted(near, key=lambda window: abs(window.time - here.time))
    results = [window.result for window in nearest]
    labels = dict.fromkeys(label for r in results for label in r.sounding)
    maps = {
        label: next(r.maps[label] for r in results if label in r.maps)
        for label in labels
        if ('visible', label) in drawn
    }
    regions = dict.fromkeys(k for w in near for k in w.boxes if k in drawn and k[0] in maps)
    return View(
        maps=maps,
        strengths={label: strength(here.result, label) for label in maps},
        boxes=joined({region: _mean_box(near, here, region) for region in regions}),
        scores={
            label: here.result.audio_probs.get(label)
            for label in labels
            if ('audible', label) in drawn
        },
        kinds=_usual_kinds(results),
    )


def _mean_box(near: Sequence[_Window], here: _Window, region: Region) -> Box:
    weights = time_weights(near, here, RANGE)
    with_it = [number for number, window in enumerate(near) if region in window.boxes]
    boxes = [near[number].boxes[region] for number in with_it]
    left, top, right, bottom = np.average(boxes, axis=0, weights=weights[with_it]).tolist()
    return left, top, right, bottom


def _usual_kinds(results: Sequence[Localization]) -> dict[str, str]:
    """Finer names that a class has in most of the windows where it sounds."""
    named = Counter((label, r.kinds.get(label)) for r in results for label in r.sounding)
    best: dict[str, str | None] = {}
    for (label, kind), _ in named.most_common():
        best.setdefault(label, kind)
    return {label: kind for label, kind in best.items() if kind is not None}


def _iou(a: Box, b: Box) -> float:
    width, height = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    shared = max(width, 0.0) * max(height, 0.0)
    areas = sum((box[2] - box[0]) * (box[3] - box[1]) for box in (a, b))
    return shared / max(areas - shared, 1e-12)
