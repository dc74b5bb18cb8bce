"""Text with arbitrary file names: non-UTF-8 bytes, line breaks, bidirectional marks."""

import json
import re
import sys
from typing import Any

# control characters, line separators, bidirectional marks, bytes that are not UTF-8
_HIDDEN = re.compile(
    '[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]'
)
# characters that JSON allows within a line, but str.splitlines or an encoder does not
_UNSAFE_IN_JSON = re.compile('[\x7f-\x9f\u2028\u2029\ud800-\udfff]')


def one_line(text: str) -> str:
    r"""Escape all characters that break lines, hide text or change its direction.

    E.g. ``'caf\udce9\n'``, from a file name that is not UTF-8, becomes ``r'caf\udce9\n'``.
    """
    return _HIDDEN.sub(lambda match: ascii(match[0])[1:-1], text)


def name_bytes(text: str) -> bytes:
    """The bytes of a name for hashing: UTF-8, but defined for any text."""
    return text.encode('utf-8', 'surrogatepass')


def to_json(content: Any, indent: int | None = None) -> str:
    r"""JSON without characters that some readers treat as line breaks.

    Letters stay readable; non-UTF-8 bytes of file names become escapes like ``\udce9``, which
    :func:`json.loads` turns back into the same path.

    Raises:
        ValueError: A number is not finite.
    """
    text = json.dumps(content, ensure_ascii=False, indent=indent, allow_nan=False)
    return _UNSAFE_IN_JSON.sub(lambda match: f'\\u{ord(match[0]):04x}', text)


def print_any_text() -> None:
    """Make stdout and stderr escape characters that the terminal cannot encode."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, 'reconfigure'):
            stream.reconfigure(errors='backslashreplace')
