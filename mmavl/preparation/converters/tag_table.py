"""A table of files and their classes, as saved by text editors and Excel."""

import csv
import io
import os
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from mmavl.errors import DataError

_MARKS = {b'\xff\xfe': 'utf-16', b'\xfe\xff': 'utf-16', b'\xef\xbb\xbf': 'utf-8-sig'}
_SEPARATORS = ',;\t'


@dataclass
class TagTable:
    """The tags in a table for the videos of a folder.

    Attributes:
        tags (dict): Video, by its name in the folder -> its classes.
        problems (list): (name, cause, detail) of rows that match no video.
    """

    tags: dict[str, list[str]] = field(default_factory=dict)
    problems: list[tuple[str, str, str]] = field(default_factory=list)


def read_tag_table(path: Path, videos: Iterable[str]) -> TagTable:
    """Read a CSV file of paths below the folder, and their classes separated by semicolons.

    The encoding (UTF-8, UTF-16 or Windows-1252) and the separator (comma, semicolon or tab) are
    detected; if the separator is the semicolon, each further column is a class. A first line
    ``file,tags`` is skipped. Names match in any Unicode form; case only matters
    if two videos differ in nothing else.

    Args:
        path (Path): The file.
        videos (Iterable[str]): The available videos, as paths below the folder.

    Raises:
        FileNotFoundError: There is no such file.
        DataError: It is not text.
    """
    text = _decode(path)
    known = _Names(videos)
    rows = _rows(path, text, known)
    if rows and [cell.strip().lower() for cell in rows[0]] == ['file', 'tags']:
        rows = rows[1:]
    table = TagTable()
    for row in rows:
        name, video = row[0].strip(), known.find(row[0])
        classes = class_names(';'.join(row[1:]).split(';'))
        if video is None:
            detail = f'{path} lists it, but the folder has no such video'
            table.problems.append((name, 'not found', detail))
        elif not classes:
            table.problems.append((name, 'bad row', f'{path}: no class in {row}'))
        elif video in table.tags:
            detail = f'{path} lists it twice: the first is used'
            table.problems.append((name, 'duplicate', detail))
        else:
            table.tags[video] = classes
    return table


def class_names(texts: Iterable[str]) -> list[str]:
    """Distinct names in one Unicode form, without empty ones."""
    names = (unicodedata.normalize('NFC', text.strip()) for text in texts)
    return list(dict.fromkeys(name for name in names if name))


def _decode(path: Path) -> str:
    data = path.read_bytes()
    encodings = ['utf-8', 'cp1252']
    if b'\0' in data:  # UTF-16 without a BOM: every other byte is zero
        encodings = ['utf-16-le' if data[1:2] == b'\0' else 'utf-16-be']
    for mark, encoding in _MARKS.items():
        if data.startswith(mark):
            encodings = [encoding]
    for encoding in encodings:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise DataError(f'{path} is not text in UTF-8, UTF-16 or Windows-1252: save it as CSV UTF-8')


def _rows(path: Path, text: str, known: '_Names') -> list[list[str]]:
    """Rows, split by the separator for which most first cells are videos; else by commas."""
    mark, tables, separators = re.match(r'sep=(.)\r?\n', text, re.I), [], _SEPARATORS
    if mark:  # from Excel
        text, separators = text[mark.end() :], mark[1]
    for separator in separators:
        try:
            lines = csv.reader(io.StringIO(text, newline=''), delimiter=separator)
            rows = [row for row in lines if any(row)]
        except csv.Error as error:
            raise DataError(f'{path} is not a CSV file: {error}') from error
        tables.append((sum(known.find(row[0]) is not None for row in rows), rows))
    return max(tables, key=lambda table: table[0])[1]


class _Names:
    """Finds videos by their names in a table."""

    def __init__(self, videos: Iterable[str]) -> None:
        self._exact: dict[str, str] = {}
        self._folded: dict[str, list[str]] = {}
        for video in videos:
            name = _unicode(video)
            self._exact.setdefault(name, video)
            self._folded.setdefault(name.casefold(), []).append(video)

    def find(self, name: str) -> str | None:
        name = unicodedata.normalize('NFC', name.strip().replace('\\', '/')).removeprefix('./')
        similar = self._folded.get(name.casefold(), [])
        return self._exact.get(name, similar[0] if len(similar) == 1 else None)


def _unicode(name: str) -> str:
    """A name as in a table; if it is not UTF-8, it probably comes from Windows."""
    if any('\udc80' <= sign <= '\udcff' for sign in name):
        name = os.fsencode(name).decode('cp1252', 'replace')
    return unicodedata.normalize('NFC', name)
