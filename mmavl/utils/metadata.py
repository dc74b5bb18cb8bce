"""The metadata of safetensors files; fast to import."""

from collections.abc import Sequence
from pathlib import Path

import safetensors

from mmavl.errors import CheckpointError

from .failures import first_line
from .shipped import tool_command

#: Maximum characters of an entry.
_LONGEST = 1_000_000


def read_metadata(path: str | Path, required: Sequence[str] = ()) -> dict[str, str]:
    """Read the metadata of a safetensors file.

    Args:
        path (str | Path): The file.
        required (Sequence[str]): Required entries. Defaults to none.

    Raises:
        CheckpointError: The file is damaged, or an entry is missing or too large.
    """
    try:
        with safetensors.safe_open(path, 'np') as file:
            metadata = file.metadata() or {}
    except Exception as error:  # a damaged header may raise any error
        raise CheckpointError(
            f'{path} is damaged or not a safetensors file: {first_line(error)}'
        ) from error
    missing = set(required) - metadata.keys()
    if missing:
        raise CheckpointError(
            f'{path} has no {", ".join(sorted(missing))} in its metadata, only weights: '
            f'{tool_command("model_converters/export_weights.py")} writes complete files'
        )
    if max(map(len, metadata.values()), default=0) > _LONGEST:
        raise CheckpointError(f'{path} has metadata of more than {_LONGEST:,} characters')
    return metadata
