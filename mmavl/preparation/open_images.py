"""Boxes of musical instruments from the annotation files of Open Images (V4 and later)."""

import csv
import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from tqdm import tqdm

from mmavl.errors import DataError
from mmavl.utils.file_names import require_name
from mmavl.utils.strict_json import brief

#: Class of AudioSet-instrument -> its names in Open Images' class descriptions.
INSTRUMENTS = {
    'Banjo': ('Banjo',),
    'Cello': ('Cello',),
    'Drum': ('Drum',),
    'Guitar': ('Guitar',),
    'Harp': ('Harp',),
    'Harmonica': ('Harmonica',),
    'Oboe': ('Oboe',),
    'Piano': ('Piano',),
    'Saxophone': ('Saxophone',),
    'Trombone': ('Trombone',),
    'Trumpet': ('Trumpet',),
    'Violin': ('Violin',),
    'Flute': ('Flute',),
    'Accordion': ('Accordion',),
    'Horn': ('Horn', 'French horn'),  # /m/0319l, whose name differs between the lists
}

_COLUMNS = ('ImageID', 'LabelName', 'XMin', 'XMax', 'YMin', 'YMax', 'IsGroupOf')


@contextmanager
def _text(path: str | Path) -> Iterator[IO[str]]:
    """Open a table; a DataError is raised if it is not one."""
    with open(path, encoding='utf-8-sig', newline='') as file:
        try:
            yield file
        except (UnicodeDecodeError, csv.Error) as error:
            raise DataError(f'{path} is not a text table: {error}') from error


def read_class_labels(path: str | Path) -> dict[str, str]:
    """Look up the instruments in ``class-descriptions-boxable.csv``, with rows of label, name.

    Args:
        path (str | Path): The file; it has no header.

    Returns:
        dict[str, str]: Open Images' label (``/m/018j2``) -> class of AudioSet-instrument.

    Raises:
        FileNotFoundError: There is no such file.
        DataError: An instrument is missing.
    """
    with _text(path) as file:
        labels = {row[1].strip().lower(): row[0] for row in csv.reader(file) if len(row) == 2}
    classes = {}
    for instrument, names in INSTRUMENTS.items():
        label = next((labels[name.lower()] for name in names if name.lower() in labels), None)
        if label is None:
            raise DataError(
                f"{path} has no class {' or '.join(names)}: use the dataset's own "
                'class-descriptions-boxable.csv'
            )
        classes[label] = instrument
    return classes


def read_boxes(path: str | Path, labels: dict[str, str]) -> tuple[dict[str, list], Counter]:
    """Read the boxes of some classes from a ``*-annotations-bbox.csv``, row by row.

    Args:
        path (str | Path): The file, with column names in the first row.
        labels (dict[str, str]): Open Images' label -> class, for the classes to read.

    Returns:
        tuple: Image id -> list of ``(class, (x, y, w, h) normalised, group)``, sorted by
        id; and the number of rows that were left out, by cause.

    Raises:
        FileNotFoundError: There is no such file.
        DataError: A column is missing, or a row is not a box.
    """
    boxes: dict[str, list] = {}
    left_out: Counter = Counter()
    with _text(path) as file:
        lines = _with_progress(file, path)
        header = next(csv.reader(lines), [])
        missing = [name for name in _COLUMNS if name not in header]
        if missing:
            raise DataError(
                f'{path} has no column {", ".join(missing)} in its first row ({brief(header)}): '
                'it is not a *-annotations-bbox.csv of Open Images'
            )
        places = [header.index(name) for name in _COLUMNS]
        for number, row in enumerate(csv.reader(lines), start=2):
            try:
                image, label, *edges, group = (row[place] for place in places)
                if label not in labels:
                    continue
                require_name(image, f'{path}, line {number}')
                x1, x2, y1, y2 = (float(value) for value in edges)
            except DataError:
                raise
            except (ValueError, IndexError) as error:
                raise DataError(
                    f'{path}, line {number}: {brief(row)} is not a box ({error})'
                ) from error
            if not (0 <= x1 <= x2 <= 1 and 0 <= y1 <= y2 <= 1):
                raise DataError(
                    f'{path}, line {number}: image {image} has a box x {x1} to {x2}, y {y1} to '
                    f'{y2}, which is not inside the image (0 to 1)'
                )
            if x1 == x2 or y1 == y2:
                left_out['boxes without area'] += 1
                continue
            box = (labels[label], (x1, y1, x2 - x1, y2 - y1), group == '1')
            boxes.setdefault(image, []).append(box)
    return dict(sorted(boxes.items())), left_out


def _with_progress(file, path: str | Path) -> Iterator[str]:
    """The lines of a text file, with a progress bar for its bytes."""
    with tqdm(total=os.path.getsize(path), unit='B', unit_scale=True) as bar:
        for line in file:
            bar.update(len(line))  # the files are ASCII
            yield line


def read_sizes(path: str | Path) -> dict[str, tuple[int, int]]:
    """Read image sizes from a table with the columns ImageID, Width and Height.

    Returns:
        dict: Image id -> (width, height) in pixels.

    Raises:
        FileNotFoundError: There is no such file.
        DataError: A column is missing, or a size is not a positive number.
    """
    with _text(path) as file:
        sizes = {}
        for number, row in enumerate(csv.DictReader(file), start=2):
            try:
                size = int(row['Width']), int(row['Height'])
                if min(size) < 1:
                    raise ValueError('not positive')
                sizes[row['ImageID']] = size
            except (KeyError, TypeError, ValueError) as error:
                raise DataError(
                    f'{path}, line {number}: no valid ImageID, Width and Height in {brief(row)} '
                    f'({error})'
                ) from error
    return sizes
