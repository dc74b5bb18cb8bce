"""JSON files of results, and the index of a folder of them."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mmavl.utils.files import atomic_write
from mmavl.utils.names import to_json

from .failures import Failure


def json_text(content: Any) -> str:
    """Readable JSON, with lists of numbers on one line.

    Raises:
        ValueError: A number is not finite.
    """
    text = to_json(content, indent=1)
    # inside a string there is no line break
    return re.sub(r'\[\n[-\d.,e\s]+\]', lambda found: ' '.join(found[0].split()), text)


def write_json(path: Path, content: Any) -> None:
    """Write readable JSON in UTF-8; the file is never incomplete.

    Raises:
        ValueError: A number is not finite.
        OSError: The file cannot be written.
    """
    text = json_text(content)
    with atomic_write(path) as file:
        file.write(text + '\n')


def write_index(out_dir: str | Path, saved: Sequence[dict], failures: Sequence[Failure]) -> dict:
    """Write ``results.json``: the files of each clip, and what failed."""
    index = {
        'format': 'mmavl.results/1',
        'clips': [*saved],
        'failures': [{'name': f.name, 'message': f.message} for f in failures],
    }
    write_json(Path(out_dir, 'results.json'), index)
    return index
