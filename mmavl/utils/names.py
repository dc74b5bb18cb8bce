"""Names as file systems allow them: any bytes, line breaks and marks that turn text round."""

import json
import re
import sys
from typing import Any

# control characters, line separators, bidirectional marks, bytes that are not UTF-8
_HIDDEN = re.compile(
    '[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]'
)
# what JSON allows within a line and str.splitlines or an encoder does not
_UNSAFE_IN_JSON = re.compile('[\x7f-\x9f\u2028\u2029\ud800-\udfff]')


def one_line(text: str) -> str:
    r"""A text as it can be shown anywhere: what breaks lines, hides or turns text is escaped.

    ``'caf\udce9\n'``, of a file name that is not UTF-8, becomes ``r'caf\udce9\n'``.
    """
    return _HIDDEN.sub(lambda match: ascii(match[0])[1:-1], text)


def name_bytes(text: str) -> bytes:
    """A name's bytes for a hash: UTF-8, and one answer for every other text as well."""
    return text.encode('utf-8', 'surrogatepass')


def to_json(content: Any, indent: int | None = None) -> str:
    r"""JSON whose lines are lines for every reader.

    Letters stay readable; bytes of a file name that are not UTF-8 become escapes like ``\udce9``,
    which :func:`json.loads` turns back into the very same path.

    Raises:
        ValueError: A number is not finite.
    """
    text = json.dumps(content, ensure_ascii=False, indent=indent, allow_nan=False)
    return _UNSAFE_IN_JSON.sub(lambda match: f'\\u{ord(match[0]):04x}', text)


def print_any_text() -> None:
    """Let stdout and stderr escape what the terminal's encoding cannot hold, rather than fail."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, 'reconfigure'):
            stream.reconfigure(errors='backslashreplace')
