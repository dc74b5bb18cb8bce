"""What an exception means: one input's trouble, or the end of the run."""

import errno
import os
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
