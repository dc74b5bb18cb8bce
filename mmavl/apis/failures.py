"""Inputs that give no result, and the rule that they stop nothing else."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from mmavl.errors import DataError
from mmavl.utils.failures import ends_run, error_line

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Failure:
    """An input that gave no result.

    Attributes:
        name (str): The clip's, or the input's path.
        message (str): Why, in one line.
    """

    name: str
    message: str


@contextmanager
def contained(
    name: str,
    failures: list[Failure],
    single: bool = False,
    out_dir: str | Path | None = None,
) -> Iterator[None]:
    """Turn an exception of one clip, of whatever type, into its failure.

    Tracebacks go to the log at level DEBUG.

    Args:
        name (str): The clip's.
        failures (list[Failure]): Where it is added.
        single (bool): Whether the clip is all there is: then it raises. Defaults to False.
        out_dir (str | Path, optional): Where results are written.

    Raises:
        DataError: The clip is single.
        OSError: Nothing more can be written to ``out_dir``, e.g. because the disk is full.
    """
    try:
        yield
    except Exception as error:
        if ends_run(error, out_dir) or (single and isinstance(error, DataError)):
            raise
        if single:
            raise DataError(f'{name}: {error_line(error)}') from error
        _LOG.debug('%r failed', name, exc_info=True)
        failures.append(Failure(name, error_line(error)))
