"""What an exception means: one input's trouble, or the end of the run."""

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
    """What an error says, in one line; its type stands before it unless it is mmavl's own."""
    if isinstance(error, DataError | ConfigError | CheckpointError):
        return one_line(str(error))
    words = one_line(' '.join(str(error).split()))
    words = words if len(words) <= _LONGEST else words[:_LONGEST] + '…'
    return ': '.join(filter(None, (type(error).__name__, words)))


def first_line(error: BaseException) -> str:
    """What an error says first: those of libraries may have pages, or nothing but their type."""
    return (str(error).strip() or type(error).__name__).splitlines()[0][:300]


def ends_run(error: BaseException, folder: str | Path | None = None) -> bool:
    """Whether an error would meet every other input, too: nothing more can be written.

    Args:
        error (BaseException): What was raised.
        folder (str | Path, optional): Where results go.
    """
    if not isinstance(error, OSError):
        return not isinstance(error, Exception)
    closed = folder is not None and Path(folder).is_dir() and not os.access(folder, os.W_OK)
    return closed or error.errno in _FULL


@contextmanager
def input_errors(name: str = '') -> Iterator[None]:
    """Make whatever goes wrong with one clip, file or sample a DataError, whatever its type.

    Libraries that decode raise nearly any type on broken input, and one input must not stop all
    others. An error that is not a DataError is given with its type and the line that raised it,
    since it may be a bug. An unusable config or checkpoint passes: no input is to blame for it.

    Args:
        name (str): The input, for the message; '' where the error names it already.

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
