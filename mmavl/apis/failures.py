"""Inputs without a result, which must not stop the others."""

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
    """An input without a result.

    Attributes:
        name (str): The clip's name, or the input's path.
        message (str): The reason, in one line.
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
    """Turn any exception of one clip into its failure.

    Tracebacks are logged at level DEBUG.

    Args:
        name (str): The clip's name.
        failures (list[Failure]): The list to extend.
        single (bool): Whether it is the only clip; then raise. Defaults to False.
        out_dir (str | Path, optional): The output folder.

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
