"""Helpers shared by the readers of published files."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mmavl.errors import DataError
from mmavl.utils.strict_json import parse_json

#: Errors that damaged content may raise; each becomes a DataError that names the file.
_BROKEN = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError)

#: (id, detail) of what occurs twice in a file; the first one is used.
Duplicates = list[tuple[str, str]]


@contextmanager
def reading(path: str | Path, what: str = 'is not the published annotation') -> Iterator[None]:
    """Name the file in errors raised by its content."""
    try:
        yield
    except DataError:
        raise
    except _BROKEN as error:
        raise DataError(f'{path} {what}: {error!r:.200}') from error


def read_json(path: str | Path) -> Any:
    """Read JSON that, unlike mmavl's files, may contain NaN for numbers of bad boxes.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: It is invalid, see :func:`~mmavl.utils.strict_json.parse_json`.
    """
    return parse_json(Path(path).read_bytes(), finite=False)


def note_duplicate(duplicates: Duplicates | None, name: str, detail: str) -> None:
    """Record a duplicate, if the caller asked for them."""
    if duplicates is not None:
        duplicates.append((name, f'{detail}: the first is used'))


def four_numbers(box: object, place: str) -> list[float]:
    """The four numbers of a box; a missing one (null) is NaN.

    Raises:
        DataError: There are not four values, or not all are numbers.
    """
    if not isinstance(box, list) or len(box) != 4 or any(isinstance(v, str | bool) for v in box):
        raise DataError(f'{place} has the box {box!r:.80}, which is not four numbers')
    return [float('nan') if value is None else float(value) for value in box]
