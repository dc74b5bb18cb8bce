"""SoundNet-Flickr: the annotators' boxes and the test list."""

import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path, PurePosixPath

import numpy as np

from mmavl.errors import DataError
from mmavl.preparation.published.safe_pickle import load_arrays
from mmavl.utils.file_names import require_name

from .reading import Duplicates, note_duplicate, reading


def read_flickr_boxes(
    path: str | Path, duplicates: Duplicates | None = None
) -> dict[str, np.ndarray]:
    """Read SoundNet-Flickr's annotators' boxes, ``gtdata.pkl`` or the published XML folder.

    Args:
        path (str | Path): The pickle, or the folder with one ``{id}.xml`` per pair.
        duplicates (list, optional): Filled with id and detail of pairs that occur twice.

    Returns:
        dict: Flickr id -> float64 [m, 4], xyxy in pixels of 256 x 256, one row per annotator.

    Raises:
        FileNotFoundError: There is no such file or folder.
        DataError: A file is not the published one.
    """
    path, boxes = Path(path), {}
    if path.is_dir():
        files = sorted(file for file in path.iterdir() if file.suffix.lower() == '.xml')
        return {file.stem: _read_xml(file) for file in files if not file.name.startswith('.')}
    content = load_arrays(path)
    with reading(path):
        for entry in content.values():
            clip = require_name(PurePosixPath(entry['visual']).stem, path)
            if clip in boxes:
                note_duplicate(duplicates, clip, f'{path} has the pair twice')
                continue
            boxes[clip] = entry['anno'].astype(np.float64)
            if boxes[clip].shape != (len(boxes[clip]), 4):
                raise ValueError(f'{clip!r} has boxes of shape {boxes[clip].shape}')
    return boxes


def _read_xml(path: Path) -> np.ndarray:
    """The boxes of one pair; the last four numbers of each ``bbox`` element are xyxy."""
    rows = []
    with reading(path):
        try:
            root = ElementTree.parse(path)
        except (ElementTree.ParseError, ValueError, LookupError) as error:
            raise DataError(f'{path} is not valid XML: {error}') from error
        for element in root.iter('bbox'):
            texts = [(child.text or '').strip() for child in element]
            numbers = [float(text) for text in texts if re.fullmatch(r'-?\d+(\.\d+)?', text)]
            if len(numbers) < 4:
                raise DataError(f'{path} has a bbox of fewer than four numbers: {texts!r:.200}')
            rows.append(numbers[-4:])
    return np.array(rows, np.float64).reshape(-1, 4)


def read_name_list(path: str | Path, duplicates: Duplicates | None = None) -> list[str]:
    """Read a list of files, one per line, as unique names without folder and suffix.

    Args:
        path (str | Path): A text file, UTF-8.
        duplicates (list, optional): Filled with name and detail of files listed twice.

    Raises:
        FileNotFoundError: There is no such file.
        DataError: It is not text, or has no names.
    """
    names: dict[str, None] = {}
    with reading(path, 'is not a list of files'):
        for line in Path(path).read_text(encoding='utf-8-sig').split('\n'):
            if not line.strip():
                continue
            name = require_name(PurePosixPath(line.strip().replace('\\', '/')).stem, path)
            if name in names:
                note_duplicate(duplicates, name, f'{path} lists it twice')
            names[name] = None
    if not names:
        raise DataError(f'{path} lists no files')
    return list(names)
