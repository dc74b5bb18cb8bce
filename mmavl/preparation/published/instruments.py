"""AudioSet-instrument: boxes and tags published by the paper's authors."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from mmavl.errors import DataError
from mmavl.preparation.published.safe_pickle import load_arrays
from mmavl.utils.file_names import require_name

from .reading import Duplicates, four_numbers, read_json, reading

#: Numbers of annotated frames in the published ``normav.json``, and of clips in ``val_audio.pkl``.
_RELEASED_FRAMES, _RELEASED_CLIPS = 4503, 1099


@dataclass(frozen=True)
class InstrumentRelease:
    """AudioSet-instrument's test annotation, made by a detector.

    Attributes:
        classes (list[str]): The 15 names, in order.
        tags (dict): Clip id -> published tags, float [15].
        boxes (dict): (clip id, frame) -> rows (x, y, w, h, label), float64 [n, 5], normalised
            **xywh**, in the order of the published image ids. Missing numbers are NaN.
        duplicates (list): Clip id and detail of images and boxes that occur twice.
    """

    classes: list[str]
    tags: dict[str, np.ndarray]
    boxes: dict[tuple[str, int], np.ndarray]
    duplicates: Duplicates = field(default_factory=list)


def read_instrument_release(folder: str | Path) -> InstrumentRelease:
    """Read ``normav.json`` and ``val_audio.pkl``.

    ``image_id`` is ten times the index of the clip among the sorted ids of ``val_audio.pkl``,
    plus the index of the frame. A missing or additional clip would shift boxes to other clips.
    This is detected, since each annotated class must be a tag of its clip.

    Args:
        folder (str | Path): The folder of both files.

    Returns:
        InstrumentRelease: Their content.

    Raises:
        FileNotFoundError: One of the files is missing.
        DataError: A file is not the published one, or they do not belong together.
    """
    path, tags_path = Path(folder) / 'normav.json', Path(folder) / 'val_audio.pkl'
    duplicates: list[tuple[int, str]] = []
    with reading(path):
        published = read_json(path)
        classes = _categories(published['categories'])
        images = [image['id'] for image in published['images']]
        if not all(map(_is_count, images)):
            raise TypeError('an image id is not a whole number')
        rows: dict[int, list] = {image: [] for image in images}
        for number, annotation in enumerate(published['annotations']):
            row = _instrument_box(annotation, len(classes), rows, f'{path}: annotation {number}')
            if row in rows[annotation['image_id']]:
                duplicates.append((annotation['image_id'], f'annotation {number}: {row}'))
            else:
                rows[annotation['image_id']].append(row)
        duplicates += [(image, 'its image') for image, n in Counter(images).items() if n > 1]
        if not rows:
            raise DataError(f'{path} has no annotated images')
    tags = _read_tags(tags_path, len(classes))
    clips = sorted(tags)
    _require_same_clips(rows, clips, path)
    boxes = {
        (clips[image // 10], image % 10): np.array(values, np.float64).reshape(-1, 5)
        for image, values in sorted(rows.items())
    }
    _require_tagged(boxes, tags, classes, path)
    named = [(clips[image // 10], f'{path} has {what} twice') for image, what in duplicates]
    return InstrumentRelease(classes, tags, boxes, named)


def _categories(categories: list[dict]) -> list[str]:
    if [category['id'] for category in categories] != list(range(len(categories))):
        raise ValueError(f'categories must be numbered from 0, not {categories}')
    names = [category['name'] for category in categories]
    if not all(isinstance(name, str) for name in names):
        raise TypeError(f'categories are {names}')
    return names


def _instrument_box(annotation: dict, classes: int, images: dict, place: str) -> tuple:
    image, label, box = (annotation[key] for key in ('image_id', 'category_id', 'bbox'))
    if not _is_count(image) or image not in images:
        raise DataError(f'{place} has image_id {image!r:.80}, which is not among the images')
    if not _is_count(label) or label >= classes:
        raise DataError(
            f'{place} (image {image}) has category_id {label!r:.80}, not 0 to {classes - 1}'
        )
    return (*four_numbers(box, place), label)


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _read_tags(path: Path, classes: int) -> dict[str, np.ndarray]:
    content = load_arrays(path)
    with reading(path, 'has no valid tags of clips'):
        tags = {require_name(clip, path): np.asarray(v, np.float64) for clip, v in content.items()}
        for clip, values in tags.items():
            if values.shape != (classes,) or not np.isfinite(values).all():
                raise ValueError(f'{clip!r} does not have {classes} numbers')
    return tags


def _require_same_clips(images: Iterable[int], clips: list[str], path: Path) -> None:
    images = list(images)
    stray = [image for image in images if not image // 10 < len(clips)]
    together = len(images) != _RELEASED_FRAMES or len(clips) == _RELEASED_CLIPS
    if stray or not together:
        what = f'{len(images)} images'
        if stray:
            what = f'image {stray[0]}, clip number {stray[0] // 10}'
        wanted = '' if together else f', not the {_RELEASED_CLIPS} published ones'
        raise DataError(
            f'{path} annotates {what}, but val_audio.pkl has {len(clips)} clips{wanted}: the '
            'files do not belong together; use both from the same release'
        )


def _require_tagged(
    boxes: dict[tuple[str, int], np.ndarray], tags: dict, classes: list[str], path: Path
) -> None:
    """Check that each annotated class is a tag of its clip, which detects shifted clips."""
    stray = {
        clip: classes[int(label)]
        for (clip, _), rows in boxes.items()
        for label in rows[:, 4]
        if tags[clip][int(label)] <= 0.5
    }
    if stray:
        clip, label = next(iter(stray.items()))
        tagged = [name for name, value in zip(classes, tags[clip]) if value > 0.5]
        raise DataError(
            f'{path} has a box of {label!r} for clip {clip!r}, whose tags in val_audio.pkl are '
            f'{tagged}; {len(stray)} of {len({c for c, _ in boxes})} clips are affected: one of '
            'the files is damaged (a clip is missing or added), or they do not belong '
            'together; use both from the same release'
        )
