"""VGGSound's lists, as the papers that train and test on it publish them."""

import csv
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from mmavl.errors import DataError
from mmavl.utils.file_names import require_name

from .reading import Duplicates, note_duplicate, reading


@dataclass(frozen=True)
class Pair:
    """Two clips that a list puts together.

    Attributes:
        first, second (str): ``{YouTube id}_{second}``. Of SLAVC's lists the clip of the frame and
            that of the sound; of AVGN's the clip and its partner.
    """

    first: str
    second: str


def read_clip_list(path: str | Path, duplicates: Duplicates | None = None) -> dict[str, str]:
    """Read a list of clips.

    Rows are a clip (``vggss_test.csv``, ``vggss_144k.txt``), a clip and its class
    (``vggsound_single_test.csv``), or id, second, class and split (VGGSound's own
    ``vggsound.csv``, of which the rows of 'train' are read).

    Args:
        path (str | Path): The file.
        duplicates (list, optional): Gets clip and detail of what is listed twice.

    Returns:
        dict[str, str]: Clip -> class, '' where the list does not say it.

    Raises:
        FileNotFoundError: There is no such file.
        DataError: It is another kind of list.
    """
    clips: dict[str, str] = {}
    for row in _rows(path):
        if len(row) == 4 and row[3] in ('train', 'test'):
            if row[3] == 'test':
                continue
            clip, label = f'{row[0]}_{_second(row[1], path):06d}', row[2]
        elif len(row) <= 2:
            clip, label = _clip(row[0]), (row[1] if len(row) == 2 else '')
        else:
            raise DataError(f'{path} has the row {row!r:.120}, which does not describe a clip')
        if clip in clips:
            note_duplicate(duplicates, clip, f'{path} lists it twice')
        clips.setdefault(require_name(clip, path), label)
    return clips


def read_negatives(path: str | Path) -> list[Pair]:
    """Read SLAVC's extended list: clip of the frame, clip of the sound, 'non-sounding'.

    Args:
        path (str | Path): ``vggss_test_plus_silent.csv`` or ``flickr_test_plus_silent.csv``; the
            first row may be a header.

    Returns:
        list[Pair]: The rows 'non-sounding', each once; the others are the clips of the usual list.

    Raises:
        FileNotFoundError: There is no such file.
        DataError: It is another kind of list.
    """
    pairs: dict[Pair, None] = {}
    first, *others = _rows(path)
    header = len(first) == 3 and 'sounding' not in first[2] and others
    for row in others if header else [first, *others]:
        if len(row) != 3 or row[2] not in ('sounding', 'non-sounding'):
            raise DataError(
                f"{path} has the row {row!r:.120}, not a frame, a sound and 'sounding' or "
                "'non-sounding'"
            )
        if row[2] == 'non-sounding':
            pairs[_pair(row[0], row[1], path)] = None
    return list(pairs)


def read_duets(path: str | Path) -> list[Pair]:
    """Read AVGN's pairs: clip, its class, its partner, the partner's class.

    A partner's own row names a third clip, so a pair is nothing but its row.

    Args:
        path (str | Path): ``vggsound_duet_test.csv``.

    Returns:
        list[Pair]: The pairs, each once, in the file's order.

    Raises:
        FileNotFoundError: There is no such file.
        DataError: It is another kind of list.
    """
    pairs: dict[Pair, None] = {}
    for row in _rows(path):
        if len(row) != 4 or row[3] in ('train', 'test'):
            raise DataError(f'{path} has the row {row!r:.120}, not two clips with their classes')
        pairs[_pair(row[0], row[2], path)] = None
    return list(pairs)


def _pair(first: str, second: str, path: str | Path) -> Pair:
    return Pair(require_name(_clip(first), path), require_name(_clip(second), path))


def _rows(path: str | Path) -> list[list[str]]:
    with reading(path, 'is not a list of clips'):
        text = Path(path).read_text(encoding='utf-8-sig')
        rows = [[cell.strip() for cell in row] for row in csv.reader(text.splitlines())]
    rows = [row for row in rows if any(row)]
    if not rows:
        raise DataError(f'{path} lists no clips')
    return rows


def _clip(name: str) -> str:
    """A clip's name without folder and suffix; ids of YouTube may have a dash, never a dot."""
    return PurePosixPath(name.replace('\\', '/')).name.partition('.')[0]


def _second(text: str, path: str | Path) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 7):
        raise DataError(f'{path} has the second {text!r:.80}, which is not a whole number')
    return int(text)
