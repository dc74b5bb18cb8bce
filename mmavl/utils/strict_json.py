"""JSON of files that anyone may have written: bounded, strict, and with one kind of error."""

import json
import reprlib
from pathlib import Path
from typing import Any

from mmavl.errors import DataError

#: How deep lists and dicts may be inside one another; what mmavl writes has seven levels.
DEEPEST = 32

_BRIEF = reprlib.Repr()
_BRIEF.maxstring = _BRIEF.maxother = 120
_BRIEF.maxlevel = 3


def brief(value: Any) -> str:
    """``repr``, cut to what fits into a message: the value may be of any size and depth."""
    return _BRIEF.repr(value)


def parse_json(text: str | bytes, finite: bool = True) -> Any:
    """Parse JSON as the standard has it.

    Args:
        text (str | bytes): The JSON; bytes are UTF-8.
        finite (bool): Refuse NaN and Infinity, which the standard does not have. Defaults to True.

    Returns:
        Any: Dicts, lists, strings, numbers, booleans and None.

    Raises:
        ValueError: It is not JSON, is nested deeper than :data:`DEEPEST`, has a key twice in one
            object, a number of thousands of digits, or, if ``finite``, NaN or Infinity.
    """
    if isinstance(text, bytes):
        text = text.decode('utf-8')
    too_deep = f'it is nested deeper than {DEEPEST} levels'
    constant = _refuse if finite else float
    try:
        value = json.loads(text, object_pairs_hook=_unique, parse_constant=constant)
    except RecursionError as error:
        raise ValueError(too_deep) from error
    level = [value]
    for _ in range(DEEPEST + 1):
        level = [
            item
            for node in level
            if isinstance(node, dict | list)
            for item in (node.values() if isinstance(node, dict) else node)
        ]
        if not level:
            return value
    raise ValueError(too_deep)


def read_json(path: str | Path, what: str, advice: str) -> Any:
    """Read a JSON file, see :func:`parse_json`.

    Args:
        path (str | Path): The file.
        what (str): What it should be, for messages, e.g. 'manifest'.
        advice (str): What to do where it is not, e.g. 'write it again with its converter'.

    Returns:
        Any: Its content.

    Raises:
        FileNotFoundError: There is no such file.
        DataError: It is not valid.
    """
    content = Path(path).read_bytes()
    try:
        return parse_json(content)
    except ValueError as error:
        raise DataError(f'{what} {path} is not valid JSON ({error}): {advice}') from error


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for number, key in enumerate(keys) if key in keys[:number])
        raise ValueError(f'the key {brief(twice)} occurs twice in one object')
    return content


def _refuse(constant: str) -> None:
    raise ValueError(f'{constant} is not a number of JSON')
