"""Run trials in processes of their own, some at a time, and go on after an interruption."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from mmavl.utils.names import one_line

from .trial import OUTCOME

_LOG = 'log.txt'


@dataclass(frozen=True)
class Failure:
    """A trial that failed: its folder, and why in one line."""

    folder: Path
    reason: str


def run_trials(
    folders: Sequence[Path],
    jobs: int = 1,
    report: Callable[[Path, Failure | None], None] = lambda folder, failure: None,
) -> list[Failure]:
    """Run all trials that have no outcome yet.

    Interrupted (Ctrl+C, SIGTERM), it stops its processes, which save their trainings; the next
    call goes on with them.

    Args:
        folders (Sequence[Path]): From :meth:`~mmavl.experiments.trial.Trial.write`.
        jobs (int): How many run at a time, each on its share of the cores, and on the GPUs in
            turn. Defaults to 1.
        report (Callable): Called after each trial with its folder, and the failure if it failed.

    Returns:
        list[Failure]: Those that failed; the others have an outcome.
    """
    waiting = [folder for folder in folders if not (folder / OUTCOME).exists()]
    free = list(range(jobs))[::-1]
    running: dict[int, tuple[Path, subprocess.Popen]] = {}
    failures = []
    try:
        while waiting or running:
            while waiting and free:
                place = free.pop()
                running[place] = waiting[0], _start(waiting.pop(0), place, jobs)
            time.sleep(0.1)
            for place, (folder, process) in list(running.items()):
                if process.poll() is None:
                    continue
                free.append(place)
                del running[place]
                failure = _failure(folder, process.returncode)
                failures += [failure] if failure else []
                report(folder, failure)
    finally:
        for _, process in running.values():
            process.send_signal(signal.SIGTERM)
        for _, process in running.values():
            process.wait()
    return failures


def _start(folder: Path, place: int, jobs: int) -> subprocess.Popen:
    threads = max(1, (os.cpu_count() or 1) // jobs)
    environment = {**os.environ, 'OMP_NUM_THREADS': str(threads), **_gpu(place)}
    with open(folder / _LOG, 'w', encoding='utf-8') as log:
        return subprocess.Popen(
            [sys.executable, '-m', 'mmavl.experiments.worker', str(folder), str(threads)],
            stdout=log,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            env=environment,
            start_new_session=True,  # Ctrl+C reaches this process, which stops the others
        )


def _gpu(place: int) -> dict[str, str]:
    """The GPU of a place, in turn; nothing where there is none or one."""
    import torch

    chosen = os.environ.get('CUDA_VISIBLE_DEVICES')
    names = chosen.split(',') if chosen else list(map(str, range(torch.cuda.device_count())))
    return {'CUDA_VISIBLE_DEVICES': names[place % len(names)]} if len(names) > 1 else {}


def _failure(folder: Path, code: int) -> Failure | None:
    """Why a trial has no outcome."""
    if (folder / OUTCOME).exists():
        return None
    lines = (folder / _LOG).read_text(encoding='utf-8', errors='replace').splitlines()
    errors = [line for line in lines if line.startswith('error: ')] or [x for x in lines if x]
    reason = errors[-1].removeprefix('error: ') if errors else f'exit code {code}'
    return Failure(folder, one_line(f'{reason} (see {folder / _LOG})'))
