"""What can be wrong with one entry of a manifest, and with its media."""

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mmavl.errors import DataError
from mmavl.media.audio import LONGEST, read_audio
from mmavl.media.image import read_image
from mmavl.media.video import read_video_frame

#: By how much of the frame a box may stick out, for rounding.
BOX_TOLERANCE = 1e-3

#: A waveform that never gets louder is silent (-80 dB of full scale).
SILENCE = 1e-4


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with an entry.

    Attributes:
        kind (str): 'malformed', 'unknown class', 'degenerate', 'inconsistent', 'duplicate',
            'missing', 'unreadable' or 'silent'.
        message (str): What, with its value.
    """

    kind: str
    message: str


def check_entry(entry: dict, classes: list[str], groups: Iterable[str] = ()) -> Iterator[Problem]:
    """Check the annotations of one entry.

    Args:
        entry (dict): An item of ``data_list``.
        classes (list[str]): The class names of the metainfo.
        groups (Iterable[str]): The group names of the metainfo, which tags may name too.

    Yields:
        Problem: What is wrong.
    """
    malformed = list(_check_shape(entry))
    yield from malformed
    for key in ('tags', 'visual_tags'):
        yield from _check_labels(entry, key, [*classes, *groups])
    yield from _check_labels(entry, 'sources', classes)
    if not malformed:
        yield from _check_boxes(entry, classes)


def _check_shape(entry: dict) -> Iterator[Problem]:
    """Check the keys that say what the clip is and how long."""
    if not _is_path(entry.get('audio')):
        yield Problem('malformed', f"'audio' is no path: {entry.get('audio')!r}")
    frames = entry.get('frames')
    if 'video' in entry:
        if not _is_path(entry['video']) or frames is not None:
            yield Problem('malformed', "needs 'frames' or one path as 'video', and not both")
    elif not isinstance(frames, list) or not frames or not all(map(_is_path, frames)):
        yield Problem('malformed', f"'frames' is no list of paths: {frames!r}")
    for key in ('fps', 'duration'):
        if not _is_number(entry.get(key)) or entry[key] <= 0:
            yield Problem('malformed', f'{key!r} is no positive number: {entry.get(key)!r}')
    for corners in entry.get('annotators', []):
        if not _are_numbers(corners) or corners[2] <= corners[0] or corners[3] <= corners[1]:
            hint = ': is it x, y, w, h?' if _are_sizes(corners) else ''
            yield Problem('degenerate', f'annotator box {corners} is not x1 < x2, y1 < y2{hint}')


def _check_labels(entry: dict, key: str, classes: list[str]) -> Iterator[Problem]:
    labels = entry.get(key, {})
    if key == 'tags' and key not in entry:
        yield Problem('malformed', "'tags' is missing")
    if not isinstance(labels, list | dict) or (key == 'sources' and isinstance(labels, list)):
        yield Problem('malformed', f'{key!r} is no list or dict of class names: {labels!r}')
        return
    for label in labels:
        if label not in classes:
            yield Problem('unknown class', f'{label!r} in {key!r} is not in the metainfo')
        elif key == 'sources' and not _is_path(labels[label]):
            yield Problem('malformed', f'source {label!r} is no path: {labels[label]!r}')
        elif key != 'sources' and isinstance(labels, dict) and not _is_share(labels[label]):
            yield Problem('malformed', f'{key} {label!r} is no probability: {labels[label]!r}')


def _check_boxes(entry: dict, classes: list[str]) -> Iterator[Problem]:
    boxes = entry.get('boxes', {})
    if not isinstance(boxes, dict) or not all(isinstance(b, list) for b in boxes.values()):
        yield Problem('malformed', "'boxes' is no dict of frame index -> list of boxes")
        return
    for frame, items in boxes.items():
        if frame not in map(str, range(frame_count(entry))):
            yield Problem(
                'inconsistent',
                f'boxes for frame {frame!r}; the last one is "{frame_count(entry) - 1}"',
            )
        for item in items:
            for problem in _check_box(item, entry.get('tags', []), classes):
                yield Problem(problem.kind, f'{problem.message} (frame {frame})')


def _check_box(item: object, tags: list | dict, classes: list[str]) -> Iterator[Problem]:
    if not isinstance(item, dict) or not isinstance(item.get('sounding'), bool):
        yield Problem('malformed', f"box {item!r} needs 'bbox', 'label' and 'sounding'")
        return
    label, box = item.get('label'), item.get('bbox')
    if label not in classes:
        yield Problem('unknown class', f'box label {label!r} is not in the metainfo')
    elif item['sounding'] and label not in tags:
        yield Problem('inconsistent', f'a box of {label!r} sounds, but {label!r} is no tag')
    if not _are_numbers(box):
        yield Problem('malformed', f'bbox {box!r} is not four numbers x, y, w, h')
        return
    x, y, w, h = box
    if w <= 0 or h <= 0:
        yield Problem('degenerate', f'box of {label!r} without area: w={w}, h={h}')
    low, high = -BOX_TOLERANCE, 1 + BOX_TOLERANCE
    if x < low or y < low or x + w > high or y + h > high:
        hint = ': is it x1, y1, x2, y2?' if low <= x < w <= high and low <= y < h <= high else ''
        yield Problem(
            'degenerate',
            f'box of {label!r} outside the frame: {box} (normalised x, y, w, h{hint})',
        )


def check_media(entry: dict, data_root: str | Path) -> list[Problem]:
    """Decode the media of one entry whose annotations are well-formed.

    Args:
        entry (dict): An item of ``data_list``.
        data_root (str | Path): The folder that its paths are relative to.

    Returns:
        list[Problem]: What is missing, unreadable or silent.
    """
    root = Path(data_root)
    problems = []
    for name in [entry['audio'], *entry.get('sources', {}).values()]:
        problems += _try(root / name, _check_sound, entry['duration'])
    for name in entry.get('frames', []):
        problems += _try(root / name, read_image)
    if 'video' in entry:
        last = (frame_count(entry) - 1) / entry['fps']
        problems += _try(root / entry['video'], read_video_frame, last)
    return problems


def _try(path: Path, check: Callable, *args) -> list[Problem]:
    if not path.is_file():
        return [Problem('missing', f'{path} is missing')]
    try:
        problem = check(str(path), *args)
    except DataError as error:
        return [Problem('unreadable', str(error))]
    return [problem] if isinstance(problem, Problem) else []


def _check_sound(path: str, duration: float) -> Problem | None:
    wave, _ = read_audio(path, seconds=LONGEST, expected=duration)
    peak = float(np.abs(wave).max())
    return Problem('silent', f'{path} is silent (peak {peak:.2g})') if peak < SILENCE else None


def frame_count(entry: dict) -> int:
    """The number of frames of an entry: those listed, or those of its video at ``fps``."""
    if 'video' in entry:
        return max(1, int(entry['duration'] * entry['fps']))
    return len(entry['frames'])


def _is_path(value: object) -> bool:
    return isinstance(value, str) and bool(value)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_share(value: object) -> bool:
    return _is_number(value) and 0 <= value <= 1


def _are_sizes(value: object) -> bool:
    return _are_numbers(value) and min(value[2:]) > 0


def _are_numbers(value: object) -> bool:
    return isinstance(value, list | tuple) and len(value) == 4 and all(map(_is_number, value))
