"""Several processes that fail together, and say so once.

``python -m mmavl.engine.processes`` is torchrun: it takes the same arguments. Processes say
themselves what went wrong, so that its own traceback and log about that are left out.
"""

import argparse
import logging
import os
import re
import signal
import sys
import time
from typing import NoReturn

#: What launchers call the index of a process.
_RANKS = ('RANK', 'SLURM_PROCID', 'OMPI_COMM_WORLD_RANK')
#: Seconds in which the first process says what went wrong, and its launcher ends the others.
GRACE = 15.0


def let_first_speak(error: Exception | None = None) -> None:
    """Wait where another process has more to say: the launcher ends this one meanwhile.

    That is the first process, where it fails too; of an error since a connection was closed, the
    one that closed it.

    Args:
        error (Exception, optional): What ends this process.
    """
    ranks = [os.environ[name] for name in _RANKS if name in os.environ]
    if ranks and (ranks[0] != '0' or re.search('Connection (closed|reset)', str(error))):
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        time.sleep(GRACE)


class OneVoiceParser(argparse.ArgumentParser):
    """A parser whose errors only one process reports."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong with the arguments, and exit with 2."""
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
        hint = ', most likely because the memory was full' if name == 'SIGKILL' else ''
        print(f'error: process {rank} was ended by {name}{hint}', file=sys.stderr)
        return 128 - failure.exitcode
    except SignalException as error:
        return 128 + error.sigval
    return 0


if __name__ == '__main__':
    sys.exit(main())
