"""What the readers of published files share."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mmavl.errors import DataError

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
    """Read JSON that names no key of a dict twice, which would lose the first one."""
    return json.loads(Path(path).read_bytes(), object_pairs_hook=_distinct)


def _distinct(pairs: list[tuple[str, Any]]) -> dict:
    content = dict(pairs)
    if len(content) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f'the key {twice!r} is there twice')
    return content


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
