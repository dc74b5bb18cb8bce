"""Any of the field's annotation files and lists: what it is, and what can be checked in it."""

import csv
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from mmavl.datasets.manifest import read_manifest
from mmavl.errors import DataError
from mmavl.preparation.published import read_flickr_boxes
from mmavl.preparation.published.reading import four_numbers, read_json, reading

#: Third column of SLAVC's extended test lists.
_SOUNDING = {'sounding', 'non-sounding'}


@dataclass
class Annotation:
    """What a file says.

    Attributes:
        path (Path): The file.
        kind (str): What it is, in words.
        ids (list[str]): The clips that it lists, in its order.
        boxes (ndarray): float64 [n, 4], numbers as they are.
        layout (str): How they are meant, 'xywh' or 'xyxy'; '' where there are none.
        pairs (list[tuple[str, str, str, str]]): Clip, class, partner and partner's class.
        manifest (dict, optional): The content, where it is a manifest of mmavl.
    """

    path: Path
    kind: str
    ids: list[str] = field(default_factory=list)
    boxes: np.ndarray = field(default_factory=lambda: np.zeros((0, 4)))
    layout: str = ''
    pairs: list[tuple[str, str, str, str]] = field(default_factory=list)
    manifest: dict | None = None


def read_annotation(path: str | Path) -> Annotation:
    """Read a manifest or an annotation (.json, .pkl), or a list (.csv, .txt).

    Raises:
        FileNotFoundError: There is no such file.
        DataError: It is of no kind that is known, or broken.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix in ('.csv', '.txt'):
        return _read_list(path)
    if suffix == '.pkl':
        return _from_annotators(path)
    if suffix != '.json':
        raise DataError(
            f'{path} cannot be checked: manifests and annotations must be .json or .pkl files, '
            'lists .csv or .txt'
        )
    with reading(path, 'is not a manifest or a published annotation'):
        content = read_json(path)
        if isinstance(content, dict) and {'metainfo', 'data_list'} <= set(content):
            return _from_manifest(path)
        if isinstance(content, dict) and {'images', 'annotations'} <= set(content):
            rows = [(str(item['image_id']), item['bbox']) for item in content['annotations']]
            return _boxed(path, 'COCO-like annotation', rows, 'xywh')
        if isinstance(content, list) and content and 'file' in content[0]:
            return _from_items(path, content)
        raise ValueError(f'unknown layout of a {type(content).__name__}')


def _from_manifest(path: Path) -> Annotation:
    manifest = read_manifest(path)
    ids = [entry['clip_id'] for entry in manifest['data_list']]
    rows = [
        item.get('bbox')
        for entry in manifest['data_list']
        for items in _values(entry.get('boxes'))
        for item in _values(items)
        if isinstance(item, dict)
    ]
    # numbers that are none are named by the checks of manifests
    usable = [row for row in rows if _are_four_numbers(row)]
    boxes = np.array(usable, np.float64).reshape(-1, 4)
    return Annotation(path, 'manifest', ids, boxes, 'xywh', manifest=manifest)


def _from_annotators(path: Path) -> Annotation:
    """SoundNet-Flickr's boxes: pixels of 256 x 256, counted from 1."""
    boxes = read_flickr_boxes(path)
    rows = np.concatenate([np.zeros((0, 4)), *boxes.values()])
    shares = (rows - 1) / 256
    return Annotation(path, 'annotators of SoundNet-Flickr', list(boxes), shares, 'xyxy')


def _values(value: Any) -> list:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def _are_four_numbers(row: Any) -> bool:
    numbers = isinstance(row, list) and len(row) == 4
    return numbers and all(isinstance(v, int | float) and not isinstance(v, bool) for v in row)


def _from_items(path: Path, items: list[dict]) -> Annotation:
    """MUSIC's one box for each ``bbox...`` key (xywh), VGG-SS's list of boxes (xyxy)."""
    flat: list[tuple[str, Any]] = []
    nested: list[tuple[str, Any]] = []
    for item in items:
        for key in [key for key in item if key.startswith('bbox')]:
            value = item[key]
            if value and isinstance(value[0], list):
                nested += [(item['file'], box) for box in value]
            else:
                flat.append((item['file'], value))
    if flat and nested:
        raise DataError(f'{path} mixes single boxes and lists of boxes: use one of the two')
    kind, layout = ('boxes of VGG-SS', 'xyxy') if nested else ('boxes of MUSIC', 'xywh')
    annotation = _boxed(path, kind, flat or nested, layout)
    annotation.ids = [item['file'] for item in items]
    return annotation


def _boxed(path: Path, kind: str, rows: list[tuple[str, Any]], layout: str) -> Annotation:
    boxes = [four_numbers(box, f'{path}: {name!r:.80}') for name, box in rows]
    ids = list(dict.fromkeys(name for name, _ in rows))
    return Annotation(path, kind, ids, np.array(boxes, np.float64).reshape(-1, 4), layout)


def _read_list(path: Path) -> Annotation:
    with reading(path, 'is not a list of clips'):
        text = path.read_text(encoding='utf-8-sig')
        rows = [row for row in csv.reader(text.splitlines()) if any(map(str.strip, row))]
        rows = [[cell.strip() for cell in row] for row in rows]
    if not rows:
        raise DataError(f'{path} lists no clips')
    ids = [_bare(row[0]) for row in rows]
    if all(len(row) == 4 for row in rows):
        pairs = [(_bare(a), kind, _bare(b), other) for a, kind, b, other in rows]
        return Annotation(path, 'list of pairs', ids, pairs=pairs)
    if all(len(row) == 3 and row[2] in _SOUNDING for row in rows):
        ids = [f'{_bare(frame)}+{_bare(sound)}' for frame, sound, _ in rows]
        return Annotation(path, 'extended list', ids)
    return Annotation(path, 'list', ids)


def _bare(name: str) -> str:
    """A file's name without folder and suffix of media."""
    name = PurePosixPath(name.replace('\\', '/')).name
    stem, dot, suffix = name.rpartition('.')
    return stem if dot and suffix.lower() in ('mp4', 'wav', 'jpg', 'png', 'mkv') else name
