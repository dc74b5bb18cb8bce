"""Ending a program with one line for errors that the user can fix; fast to import."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.error import URLError

from mmavl.engine.processes import let_first_speak
from mmavl.errors import CheckpointError, ConfigError, DataError
from mmavl.utils.names import print_any_text

#: Errors of what a program is started with: nothing has been done.
_REFUSED = (CheckpointError, ConfigError, FileNotFoundError, URLError)


@contextmanager
def clear_errors() -> Iterator[None]:
    """End the program with one line, without a traceback, for errors that the user can fix.

    The exit code is 2 if the config, the weights or a file is wrong or missing, else 1. Of several
    processes, only the first one prints the line.
    """
    print_any_text()
    try:
        yield
    except (CheckpointError, ConfigError, DataError, FloatingPointError, OSError) as error:
        # PyTorch puts the traceback of a loading process into the message of its error
        message = str(error).rpartition(f'\n{DataError.__module__}.{DataError.__name__}: ')[2]
        if isinstance(error, URLError):
            message = f'weights cannot be downloaded ({message}): connect, or use a local file'
        let_first_speak()
        message = f'error: {message.strip()}'
        print(message, file=sys.stderr)
        end = SystemExit(message)
        end.code = 2 if isinstance(error, _REFUSED) else 1
        raise end from error
    except Exception as error:
        let_first_speak(error)
        raise
