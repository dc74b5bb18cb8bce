"""Processes that fail together but report the error only once.

``python -m mmavl.engine.processes`` is torchrun, with the same arguments. The processes report
errors themselves, so torchrun's traceback and log of them are suppressed.
"""

import argparse
import logging
import os
import re
import signal
import sys
import time
from typing import NoReturn

#: Names that launchers use for the index of a process.
_RANKS = ('RANK', 'SLURM_PROCID', 'OMPI_COMM_WORLD_RANK')
#: Seconds for the first process to report its error before the launcher ends the others.
GRACE = 15.0


def let_first_speak(error: Exception | None = None) -> None:
    """Wait if another process should report the error; the launcher ends this one meanwhile.

    Normally the first process reports. If the error is a closed connection, the process that
    closed it does.

    Args:
        error (Exception, optional): The error that ends this process.
    """
    ranks = [os.environ[name] for name in _RANKS if name in os.environ]
    if ranks and (ranks[0] != '0' or re.search('Connection (closed|reset)', str(error))):
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        time.sleep(GRACE)


class OneVoiceParser(argparse.ArgumentParser):
    """A parser whose errors are reported by only one process."""

    def error(self, message: str) -> NoReturn:
        """Report the invalid arguments, and exit with status 2."""
        let_first_speak()
        super().error(message)


def main() -> int:
    """Run torchrun.

    Returns:
        int: The exit status of the process that failed first, 0 if none did.
    """
    from torch.distributed import run
    from torch.distributed.elastic.multiprocessing.api import SignalException
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError

    for name in list(logging.root.manager.loggerDict):
        if name.startswith('torch.distributed.elastic'):
            logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        run.main()
    except ChildFailedError as error:
        rank, failure = error.get_first_failure()
        if failure.exitcode > 0:
            return failure.exitcode
        name = signal.Signals(-failure.exitcode).name
        hint = ', probably because it ran out of memory' if name == 'SIGKILL' else ''
        print(f'error: process {rank} was killed by {name}{hint}', file=sys.stderr)
        return 128 - failure.exitcode
    except SignalException as error:
        return 128 + error.sigval
    return 0


if __name__ == '__main__':
    sys.exit(main())
