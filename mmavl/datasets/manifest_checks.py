"""Checks of one entry of a manifest, and of its media."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeGuard

import numpy as np

from mmavl.errors import DataError
from mmavl.media.audio import LONGEST, read_audio
from mmavl.media.image import read_image
from mmavl.media.video import read_video_frame
from mmavl.utils.strict_json import brief

from .media_paths import media_path, path_problem

#: How far a box may extend outside the frame, as a share of it, to allow for rounding.
BOX_TOLERANCE = 1e-3

#: A waveform whose peak is below this is silent (-80 dB of full scale).
SILENCE = 1e-4

#: Range of the magnitude of rates (1/s), durations (s) and coordinates.
SMALLEST, LARGEST = 1e-6, 1e9


@dataclass(frozen=True)
class Problem:
    """One problem of an entry.

    Attributes:
        kind (str): 'malformed', 'unknown class', 'degenerate', 'inconsistent', 'duplicate',
            'missing', 'unreadable' or 'silent'.
        message (str): The problem, with the value.
    """

    kind: str
    message: str


def check_entry(entry: dict, classes: list[str], groups: Iterable[str] = ()) -> Iterator[Problem]:
    """Check the annotations of one entry.

    Args:
        entry (dict): An item of ``data_list``.
        classes (list[str]): The class names of the metainfo.
        groups (Iterable[str]): The group names of the metainfo, which are valid tags, too.

    Yields:
        Problem: Each problem.
    """
    malformed = list(_check_shape(entry))
    yield from malformed
    for key in ('tags', 'visual_tags'):
        yield from _check_labels(entry, key, [*classes, *groups])
    yield from _check_labels(entry, 'sources', classes)
    if not malformed and isinstance(entry.get('tags'), list | dict):
        yield from _check_boxes(entry, classes)


def _check_shape(entry: dict) -> Iterator[Problem]:
    """Check the keys for media, rate and duration."""
    yield from _check_path("'audio'", entry.get('audio'))
    frames = entry.get('frames')
    if 'video' in entry:
        if not isinstance(entry['video'], str) or frames is not None:
            yield Problem('malformed', "needs either 'frames' or a path as 'video'")
        yield from _check_path("'video'", entry['video'])
    elif not isinstance(frames, list) or not frames or not all(isinstance(f, str) for f in frames):
        yield Problem('malformed', f"'frames' is not a list of paths: {brief(frames)}")
    else:
        for number, frame in enumerate(frames):
            yield from _check_path(f'frame {number}', frame)
    for key in ('fps', 'duration'):
        value = entry.get(key)
        if not _is_number(value, float('inf')) or value <= 0:
            yield Problem('malformed', f'{key!r} is not a positive number: {brief(value)}')
        elif not SMALLEST <= value <= LARGEST:
            yield Problem(
                'malformed', f'{key!r} is not in [{SMALLEST:g}, {LARGEST:g}]: {brief(value)}'
            )
    annotators = entry.get('annotators', [])
    if not isinstance(annotators, list):
        yield Problem('malformed', f"'annotators' is not a list of boxes: {brief(annotators)}")
        return
    for corners in annotators:
        if not _are_numbers(corners) or corners[2] <= corners[0] or corners[3] <= corners[1]:
            hint = ': is it x, y, w, h?' if _are_sizes(corners) else ''
            yield Problem(
                'degenerate', f'annotator box {brief(corners)} needs x1 < x2 and y1 < y2{hint}'
            )


def _check_path(what: str, name: object) -> Iterator[Problem]:
    problem = path_problem(name)
    if problem:
        yield Problem('malformed', f'{what} {problem}')


def _check_labels(entry: dict, key: str, classes: list[str]) -> Iterator[Problem]:
    labels = entry.get(key, {})
    if key == 'tags' and key not in entry:
        yield Problem('malformed', "'tags' is missing")
    if not isinstance(labels, list | dict) or (key == 'sources' and isinstance(labels, list)):
        yield Problem(
            'malformed', f'{key!r} is not a list or dict of class names: {brief(labels)}'
        )
        return
    for label in labels:
        if label not in classes:
            yield Problem('unknown class', f'{brief(label)} in {key!r} is not in the metainfo')
        elif key == 'sources':
            yield from _check_path(f'source {label!r}', labels[label])
        elif isinstance(labels, dict) and not _is_share(labels[label]):
            value = brief(labels[label])
            yield Problem('malformed', f'{key} {label!r} is not a probability: {value}')


def _check_boxes(entry: dict, classes: list[str]) -> Iterator[Problem]:
    boxes = entry.get('boxes', {})
    if not isinstance(boxes, dict) or not all(isinstance(b, list) for b in boxes.values()):
        yield Problem('malformed', "'boxes' is not a dict of frame index -> list of boxes")
        return
    for frame, items in boxes.items():
        if not _is_index(frame, frame_count(entry)):
            yield Problem(
                'inconsistent',
                f'boxes for frame {brief(frame)}; the last one is "{frame_count(entry) - 1}"',
            )
        for item in items:
            for problem in _check_box(item, entry.get('tags', []), classes):
                yield Problem(problem.kind, f'{problem.message} (frame {frame:.20})')


def _check_box(item: object, tags: list | dict, classes: list[str]) -> Iterator[Problem]:
    if not isinstance(item, dict) or not isinstance(item.get('sounding'), bool):
        yield Problem('malformed', f"box {brief(item)} needs 'bbox', 'label' and 'sounding'")
        return
    label, box = item.get('label'), item.get('bbox')
    if label not in classes:
        yield Problem('unknown class', f'box label {brief(label)} is not in the metainfo')
    elif item['sounding'] and label not in tags:
        yield Problem(
            'inconsistent', f'a box of {label!r} is sounding, but {label!r} is not a tag'
        )
    if not _are_numbers(box):
        yield Problem('malformed', f'bbox {brief(box)} is not four numbers x, y, w, h')
        return
    x, y, w, h = box
    if w <= 0 or h <= 0:
        yield Problem('degenerate', f'box of {brief(label)} has no area: w={w}, h={h}')
    low, high = -BOX_TOLERANCE, 1 + BOX_TOLERANCE
    if x < low or y < low or x + w > high or y + h > high:
        hint = ': is it x1, y1, x2, y2?' if low <= x < w <= high and low <= y < h <= high else ''
        yield Problem(
            'degenerate',
            f'box of {brief(label)} is outside the frame: {box} (normalised x, y, w, h{hint})',
        )


def check_media(entry: dict, data_root: str | Path) -> list[Problem]:
    """Decode the media of an entry whose annotations are well-formed.

    Args:
        entry (dict): An item of ``data_list``.
        data_root (str | Path): The folder that the paths are relative to.

    Returns:
        list[Problem]: Files that are missing, unreadable, or silent where something sounds.
    """
    problems = []
    for name in [entry['audio'], *entry.get('sources', {}).values()]:
        problems += _try(data_root, name, _check_sound, entry['duration'])
    if _is_negative(entry):
        problems = [problem for problem in problems if problem.kind != 'silent']
    for name in entry.get('frames', []):
        problems += _try(data_root, name, read_image)
    if 'video' in entry:
        last = (frame_count(entry) - 1) / entry['fps']
        problems += _try(data_root, entry['video'], read_video_frame, last)
    return problems


def _try(data_root: str | Path, name: str, check: Callable, *args) -> list[Problem]:
    try:
        path = Path(media_path(data_root, name))
        if not path.is_file():
            return [Problem('missing', f'{path} is missing')]
        problem = check(str(path), *args)
    except (DataError, OSError) as error:
        return [Problem('unreadable', str(error))]
    return [problem] if isinstance(problem, Problem) else []


def _is_negative(entry: dict) -> bool:
    """Whether an entry says that nothing sounds: no tags, and frames without sounding boxes."""
    frames = entry.get('boxes', {}).values()
    sounding = any(item['sounding'] for items in frames for item in items)
    return bool(frames) and not entry['tags'] and not sounding


def _check_sound(path: str, duration: float) -> Problem | None:
    wave, _ = read_audio(path, seconds=LONGEST, expected=duration)
    peak = float(np.abs(wave).max())
    return Problem('silent', f'{path} is silent (peak {peak:.2g})') if peak < SILENCE else None


def frame_count(entry: dict) -> int:
    """The number of frames of an entry: its image files, or the frames of its video at ``fps``."""
    if 'video' in entry:
        return max(1, int(entry['duration'] * entry['fps']))
    return len(entry['frames'])


def _is_index(text: str, count: int) -> bool:
    try:
        return 0 <= int(text) < count and text == str(int(text))
    except ValueError:
        return False


def _is_number(value: object, limit: float = LARGEST) -> TypeGuard[float]:
    # compared, not converted: a float overflows for an int of 4,000 digits; nan compares false
    return (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and -limit <= value <= limit
        and abs(value) != float('inf')
    )


def _is_share(value: object) -> bool:
    return _is_number(value) and 0 <= value <= 1


def _are_sizes(value: object) -> bool:
    return _are_numbers(value) and min(value[2:]) > 0


def _are_numbers(value: object) -> TypeGuard[Sequence[float]]:
    return isinstance(value, list | tuple) and len(value) == 4 and all(map(_is_number, value))
