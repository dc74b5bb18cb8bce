"""Strict JSON parsing for untrusted files, with bounded depth and clear errors."""

import json
import reprlib
from pathlib import Path
from typing import Any

from mmavl.errors import DataError

#: Maximum nesting of lists and dicts; the files of mmavl have seven levels.
DEEPEST = 32

_BRIEF = reprlib.Repr()
_BRIEF.maxstring = _BRIEF.maxother = 120
_BRIEF.maxlevel = 3


def brief(value: Any) -> str:
    """``repr`` cut to a length that fits a message, for values of any size and depth."""
    return _BRIEF.repr(value)


def parse_json(text: str | bytes, finite: bool = True) -> Any:
    """Parse JSON exactly as the standard defines it.

    Args:
        text (str | bytes): The JSON; bytes must be UTF-8.
        finite (bool): Reject NaN and Infinity, which are not in the standard. Defaults to True.

    Returns:
        Any: Dicts, lists, strings, numbers, booleans and None.

    Raises:
        ValueError: It is not JSON, is nested deeper than :data:`DEEPEST`, repeats a key in an
            object, has a number of thousands of digits, or, if ``finite``, NaN or Infinity.
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
    """Read a JSON file with :func:`parse_json`.

    Args:
        path (str | Path): The file.
        what (str): What the file should be, for messages, e.g. 'manifest'.
        advice (str): What to do if it is not, e.g. 'write it again with its converter'.

    Returns:
        Any: The content.

    Raises:
        FileNotFoundError: There is no such file.
        DataError: The file is not valid JSON.
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
    raise ValueError(f'{constant} is not a number in JSON')
