"""Processes of one training: started together, stopped together, and an error is reported once.

``python -m mmavl.engine.processes --nproc-per-node N SCRIPT ...`` starts a script N times with the
environment of torchrun, whose place it takes: torchrun kills processes that need more than 30 s
to save, and does not return their exit status.
"""

import argparse
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import NoReturn

from mmavl.engine.stop_signals import StopSignals

#: Names that launchers use for the index of a process.
_RANKS = ('RANK', 'SLURM_PROCID', 'OMPI_COMM_WORLD_RANK')
#: Seconds for the first process to report its error before the launcher ends the others, and for
#: those to end.
GRACE = 15.0
_POLL_SECONDS = 0.1


def is_first() -> bool:
    """Whether this is the only process of its training, or the first."""
    ranks = [os.environ[name] for name in _RANKS if name in os.environ]
    return not ranks or ranks[0] == '0'


def let_first_speak(error: Exception | None = None) -> None:
    """Wait if another process should report the error; the launcher ends this one meanwhile.

    Normally the first process reports. If the error is a closed connection, the process that
    closed it does.

    Args:
        error (Exception, optional): The error that ends this process.
    """
    several = any(name in os.environ for name in _RANKS)
    closed = several and re.search('Connection (closed|reset)', str(error))
    if closed or not is_first():
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        time.sleep(GRACE)


class OneVoiceParser(argparse.ArgumentParser):
    """A parser whose errors are reported by only one process."""

    def error(self, message: str) -> NoReturn:
        """Report the invalid arguments, and exit with status 2."""
        let_first_speak()
        super().error(message)


class ProcessGroup:
    """Processes that run the same command and end together.

    The signals of ``STOP_SIGNALS`` are passed on to all of them; a second one kills them.
    """

    def __init__(self) -> None:
        self._processes: list[subprocess.Popen] = []
        self.asked_to_stop = False
        StopSignals(first=self.ask_to_stop, again=self.kill).listen()

    def start(self, command: Sequence[str], environments: Sequence[dict[str, str]]) -> None:
        """Start the command once for each set of additional environment variables.

        Processes that were started before have ended.
        """
        self._processes.clear()
        for environment in environments:
            process = subprocess.Popen(command, env={**os.environ, **environment})
            self._processes.append(process)

    def ask_to_stop(self, number: int) -> None:
        """Pass a signal on, and do not start the processes again."""
        self.asked_to_stop = True
        self.forward(number)

    def forward(self, number: int) -> None:
        """Send a signal to each process that is still running."""
        for process in self._processes:
            process.send_signal(number)

    def kill(self, number: int) -> None:
        """End all processes at once, and this one as the signal would have."""
        self.forward(signal.SIGKILL)
        for process in self._processes:
            process.wait()
        os._exit(128 + number)

    def wait(self) -> int:
        """Wait until all processes succeed or one fails; end the others in that case.

        Returns:
            int: The exit status of the process that failed first, negative if a signal killed it;
            0 if none failed.
        """
        while True:
            codes = [process.poll() for process in self._processes]
            failed = [(rank, code) for rank, code in enumerate(codes) if code]
            if failed or all(code == 0 for code in codes):
                break
            time.sleep(_POLL_SECONDS)
        if not failed:
            return 0
        self.forward(signal.SIGTERM)
        deadline = time.monotonic() + GRACE
        for process in self._processes:
            with suppress(subprocess.TimeoutExpired):
                process.wait(max(0.0, deadline - time.monotonic()))
        self.forward(signal.SIGKILL)
        for process in self._processes:
            process.wait()
        rank, code = failed[0]
        _report_kill(rank, code)
        return code


def _report_kill(rank: int, code: int) -> None:
    if code < 0:
        name = signal.Signals(-code).name
        hint = ', probably because it ran out of memory' if name == 'SIGKILL' else ''
        print(f'error: process {rank} was killed by {name}{hint}', file=sys.stderr)


def environments(args: argparse.Namespace) -> list[dict[str, str]]:
    """The variables from which PyTorch finds the other processes, for each one on this machine."""
    port = args.master_port or _free_port()
    common = {
        'WORLD_SIZE': args.nnodes * args.nproc_per_node,
        'LOCAL_WORLD_SIZE': args.nproc_per_node,
        'MASTER_ADDR': args.master_addr,
        'MASTER_PORT': port,
        'OMP_NUM_THREADS': os.environ.get('OMP_NUM_THREADS', 1),
    }
    first = args.node_rank * args.nproc_per_node
    return [
        {k: str(v) for k, v in {**common, 'RANK': first + local, 'LOCAL_RANK': local}.items()}
        for local in range(args.nproc_per_node)
    ]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the arguments, whose names are torchrun's."""
    parser = argparse.ArgumentParser('mmavl.engine.processes', description=__doc__)
    parser.add_argument('--nproc-per-node', type=int, required=True, metavar='N')
    parser.add_argument('--nnodes', type=int, default=1, metavar='N', help='number of machines')
    parser.add_argument('--node-rank', type=int, default=0, metavar='I', help='of this machine')
    parser.add_argument('--master-addr', default='127.0.0.1', help='of the first machine')
    parser.add_argument('--master-port', type=int, help='on the first machine; default: any')
    parser.add_argument(
        '--max-restarts',
        type=int,
        default=0,
        metavar='N',
        help='so often, start all again with --resume after one was killed; on one machine',
    )
    parser.add_argument('command', nargs=argparse.REMAINDER, help='script and its arguments')
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Start the processes and wait for them.

    Returns:
        int: The exit status of the process that failed first, 0 if none did.
    """
    args = parse_args(argv)
    command = [sys.executable, *args.command]
    group = ProcessGroup()
    for left in range(args.max_restarts, -1, -1):
        group.start(command, environments(args))
        code = group.wait()
        if code >= 0 or not left or group.asked_to_stop:
            break
        again = f'restart {args.max_restarts - left + 1} of {args.max_restarts}, with --resume'
        print(again, file=sys.stderr)
        if '--resume' not in command:
            command.append('--resume')
    return code if code >= 0 else 128 - code


if __name__ == '__main__':
    sys.exit(main())
