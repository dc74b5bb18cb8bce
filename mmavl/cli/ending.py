"""The last lines of a command on stderr, and its exit codes."""

import sys

from mmavl.errors import CheckpointError, ConfigError
from mmavl.utils.names import one_line

DONE, FAILED, REFUSED, INTERRUPTED = 0, 1, 2, 130


def end(error: Exception, code: int) -> int:
    """Print an error; returns the code.

    Lists of several mistakes in a config or a checkpoint keep their lines.
    """
    text = f'error: {error}'
    lines = text.splitlines() if isinstance(error, CheckpointError | ConfigError) else [text]
    print('\n'.join(map(one_line, lines)), file=sys.stderr)
    return code
