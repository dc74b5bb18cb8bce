"""Telling errors of a single input from errors that end the run."""

import errno
import os
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mmavl.errors import CheckpointError, ConfigError, DataError

from .names import one_line

_LONGEST = 500
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EROFS}


def error_line(error: BaseException) -> str:
    """The message of an error in one line, after its type unless it is one of mmavl's."""
    if isinstance(error, DataError | ConfigError | CheckpointError):
        return one_line(str(error))
    words = one_line(' '.join(str(error).split()))
    words = words if len(words) <= _LONGEST else words[:_LONGEST] + '…'
    return ': '.join(filter(None, (type(error).__name__, words)))


def first_line(error: BaseException) -> str:
    """The first line of an error message, or its type if it has no message."""
    return (str(error).strip() or type(error).__name__).splitlines()[0][:300]


def ends_run(error: BaseException, folder: str | Path | None = None) -> bool:
    """Whether an error would also affect all other inputs, e.g. because the disk is full.

    Args:
        error (BaseException): The error.
        folder (str | Path, optional): The output folder.
    """
    if not isinstance(error, OSError):
        return not isinstance(error, Exception)
    closed = folder is not None and Path(folder).is_dir() and not os.access(folder, os.W_OK)
    return closed or error.errno in _FULL


@contextmanager
def input_errors(name: str = '') -> Iterator[None]:
    """Turn any error about one clip, file or sample into a DataError.

    Decoding libraries raise almost any type of error on broken input, and one input must not
    stop the others. For an error that is not a DataError, the message includes its type and the
    line that raised it, since it may be a bug. Config and checkpoint errors pass unchanged,
    since they do not depend on the input.

    Args:
        name (str): The input, for the message; '' if the error already names it.

    Raises:
        DataError: Something went wrong in the block.
    """
    try:
        yield
    except (CheckpointError, ConfigError):
        raise
    except Exception as error:
        message = error_line(error)
        if not isinstance(error, DataError):
            place = traceback.extract_tb(error.__traceback__)[-1]
            message += f' ({Path(place.filename).name}, line {place.lineno})'
        raise DataError(f'{message} ({one_line(name)})' if name else message) from error
