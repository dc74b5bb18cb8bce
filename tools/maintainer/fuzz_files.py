"""Read thousands of damaged files, and report those that do harm.

A file does harm if its reader raises anything except mmavl's errors and OSError, takes more than
20 s or more than 1 GB, or kills the process. Each is reported with a seed that reproduces it.

    python tools/maintainer/fuzz_files.py --media 5000 --manifests 2500 --checkpoints 600
    python tools/maintainer/fuzz_files.py --manifests 1 --seed 1234 --keep DIR
"""

import argparse
import contextlib
import logging
import multiprocessing
import os
import queue
import resource
import signal
import sys
import tempfile
import traceback
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import torch
from fuzz_targets import ALLOWED, TARGETS, Target
from mutations import mutations

SECONDS = 20
GROWTH = 2**20  # KiB


class TooLongError(BaseException):
    """Raised by the timer; not an Exception, so that no handler catches it."""


def read_changed(target: Target, whole: list[Path], seed: int) -> tuple[str, str]:
    """Change one file and read it.

    Returns:
        tuple: 'read', 'refused' or 'harm', and the kind of harm.
    """
    source = whole[seed % len(whole)]
    path = source.with_name(f'changed{source.suffix}')
    path.write_bytes(mutations(source.read_bytes(), seed))
    before = _peak(begin=True)
    signal.alarm(SECONDS)
    try:
        target.read(path)
        outcome = 'read', ''
    except ALLOWED as error:
        outcome = 'refused', str(error)
    except TooLongError:
        outcome = 'harm', f'more than {SECONDS} s: {traceback.format_exc(limit=-3)}'
    except Exception as error:
        outcome = 'harm', f'{type(error).__name__}: {traceback.format_exc(limit=-4)}'
    finally:
        signal.alarm(0)
    growth = _peak() - before
    if growth > GROWTH:
        return 'harm', f'{growth / 2**20:.1f} GB more'
    return outcome


def _peak(begin: bool = False) -> int:
    """The peak memory of this process in KiB, since the last call with ``begin``."""
    if begin:
        Path('/proc/self/clear_refs').write_text('5')
    return _status('VmHWM')


def _status(key: str) -> int:
    lines = Path('/proc/self/status').read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(key))


def _work(name: str, seeds: range, folder: str, results: 'multiprocessing.Queue') -> None:
    """Read files in a separate process with limited memory."""
    logging.disable(logging.CRITICAL)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    torch.set_num_threads(1)
    signal.signal(signal.SIGALRM, _end_of_time)
    whole = TARGETS[name].write(Path(folder))
    resource.setrlimit(resource.RLIMIT_DATA, (_status('VmData') * 1024 + 2**32,) * 2)
    for seed in seeds:
        results.put((seed, *read_changed(TARGETS[name], whole, seed)))
    results.put((None, '', ''))


def _end_of_time(*_) -> None:
    raise TooLongError


def fuzz(name: str, seeds: range) -> Iterator[tuple[int, str, str]]:
    """Read one changed file per seed; killing or stopping the process also counts as harm.

    Yields:
        tuple: The seed, 'read', 'refused' or 'harm', and the kind of harm.
    """
    context = multiprocessing.get_context('fork')
    with tempfile.TemporaryDirectory() as folder:
        while seeds:
            results = context.Queue()
            worker = context.Process(target=_work, args=(name, seeds, folder, results))
            worker.start()
            at = seeds.start
            while True:
                answer = _answer(results, worker)
                if answer is None:
                    worker.kill()
                    worker.join()
                    yield at, 'harm', f'the process died or hung (exit {worker.exitcode})'
                    at += 1
                    break
                seed, outcome, message = answer
                if seed is None:
                    at = seeds.stop
                    break
                yield seed, outcome, message
                at = seed + 1
            worker.join()
            seeds = range(at, seeds.stop)


def _answer(results: 'multiprocessing.Queue', worker: multiprocessing.Process) -> tuple | None:
    """The next result of the worker; None if it is dead, or hangs out of reach of SIGALRM."""
    for _ in range(3 * SECONDS):
        alive = worker.is_alive()
        with contextlib.suppress(queue.Empty):
            return results.get(timeout=1)
        if not alive:
            break
    return None


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for name in TARGETS:
        parser.add_argument(f'--{name}', type=int, default=0, metavar='N', help='files to read')
    parser.add_argument('--seed', type=int, default=0, help='the first seed (default 0)')
    parser.add_argument('--keep', type=Path, metavar='DIR', help='write the harmful files there')
    return parser.parse_args()


def main() -> int:
    args = parse_args()
    harmful = 0
    for name in TARGETS:
        counts: Counter = Counter()
        for seed, outcome, message in fuzz(
            name, range(args.seed, args.seed + getattr(args, name))
        ):
            counts[outcome] += 1
            if outcome == 'harm':
                print(f'{name} {seed}: {message}', flush=True)
                if args.keep:
                    keep(name, seed, args.keep)
        if counts:
            print(f'{name}: ' + ', '.join(f'{counts[o]} {o}' for o in ('read', 'refused', 'harm')))
        harmful += counts['harm']
    return int(bool(harmful))


def keep(name: str, seed: int, folder: Path) -> None:
    """Write the changed file of a seed."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        whole = TARGETS[name].write(Path(temporary))
        source = whole[seed % len(whole)]
        changed = mutations(source.read_bytes(), seed)
    (folder / f'{name}_{seed}{source.suffix}').write_bytes(changed)


if __name__ == '__main__':
    sys.exit(main())
