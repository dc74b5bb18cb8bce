"""What the readers of published files share."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mmavl.errors import DataError
from mmavl.utils.strict_json import parse_json

#: What broken content makes the readers raise; each becomes a DataError with the file.
_BROKEN = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError)

#: (id, detail) of what a file has twice; the first one counts.
Duplicates = list[tuple[str, str]]


@contextmanager
def reading(path: str | Path, what: str = 'is not the published annotation') -> Iterator[None]:
    """Say of which file it is, and that it is broken, where its content raises anything."""
    try:
        yield
    except DataError:
        raise
    except _BROKEN as error:
        raise DataError(f'{path} {what}: {error!r:.200}') from error


def read_json(path: str | Path) -> Any:
    """Read JSON; unlike mmavl's own files it may hold NaN, for the numbers of a bad box.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: It is not valid, see :func:`~mmavl.utils.strict_json.parse_json`.
    """
    return parse_json(Path(path).read_bytes(), finite=False)


def note_duplicate(duplicates: Duplicates | None, name: str, detail: str) -> None:
    """Add what a file has twice, where its caller wants to know."""
    if duplicates is not None:
        duplicates.append((name, f'{detail}: the first counts'))


def four_numbers(box: object, place: str) -> list[float]:
    """The numbers of a box; one that is missing (null) is NaN.

    Raises:
        DataError: They are not four, or not numbers.
    """
    if not isinstance(box, list) or len(box) != 4 or any(isinstance(v, str | bool) for v in box):
        raise DataError(f'{place} has the box {box!r:.80}, which is not four numbers')
    return [float('nan') if value is None else float(value) for value in box]
