import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mmavl.engine import processes
from mmavl.engine.processes import OneVoiceParser
from mmavl.engine.user_errors import clear_errors
from mmavl.errors import DataError

ROOT = Path(__file__).parents[2]
RANKS = ('RANK', 'SLURM_PROCID', 'OMPI_COMM_WORLD_RANK')

#: What two processes do that meet over gloo before both fail, or one of them.
SCRIPT = """
import os, signal, sys
import torch.distributed as dist
from mmavl.engine.user_errors import clear_errors
from mmavl.errors import DataError
what, rank = sys.argv[1], os.environ['RANK']
with clear_errors():
    if what != 'early':
        dist.init_process_group('gloo')
        dist.barrier()
    if what == 'killed' and rank == '1':
        os.kill(os.getpid(), signal.SIGKILL)
    if what in ('alone', 'killed') and rank == '0':
        dist.barrier()
    raise DataError(f'no data (rank {rank})')
"""


@pytest.fixture
def naps(monkeypatch):
    for name in RANKS:
        monkeypatch.delenv(name, raising=False)
    found = []
    monkeypatch.setattr(processes.time, 'sleep', found.append)
    monkeypatch.setattr(processes.signal, 'signal', lambda *args: None)
    return found


@pytest.mark.parametrize('name', RANKS)
@pytest.mark.parametrize('rank', ['0', '1', '7'])
def test_all_processes_but_the_first_wait_before_they_say_what_is_wrong(
    naps, monkeypatch, capsys, name, rank
):
    monkeypatch.setenv(name, rank)
    with pytest.raises(SystemExit, match='error: no data'), clear_errors():
        raise DataError('no data')
    with pytest.raises(ZeroDivisionError), clear_errors():
        1 / 0  # noqa: B018
    parser = OneVoiceParser()
    with pytest.raises(SystemExit):
        parser.parse_args(['--nonsense'])
    assert '--nonsense' in capsys.readouterr().err
    assert naps == ([] if rank == '0' else [processes.GRACE] * 3)


def test_the_first_waits_for_the_one_that_left_it(naps, monkeypatch):
    monkeypatch.setenv('RANK', '0')
    with pytest.raises(RuntimeError), clear_errors():
        raise RuntimeError('[pair.cc:547] Connection closed by peer [127.0.0.1]:12345')
    assert naps == [processes.GRACE]


def test_a_single_process_does_not_wait(naps):
    with pytest.raises(SystemExit), clear_errors():
        raise DataError('no data')
    assert naps == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ('what', 'line', 'code'),
    [
        ('early', 'error: no data (rank 0)', 1),
        ('late', 'error: no data (rank 0)', 1),
        ('alone', 'error: no data (rank 1)', 1),
        ('killed', 'error: process 1 was ended by SIGKILL', 137),
    ],
)
def test_two_processes_that_fail_say_it_once_and_without_tracebacks(tmp_path, what, line, code):
    (tmp_path / 'fail.py').write_text(SCRIPT)
    command = [sys.executable, '-m', 'mmavl.engine.processes', '--standalone']
    begin = time.monotonic()
    result = subprocess.run(
        [*command, '--nproc-per-node', '2', str(tmp_path / 'fail.py'), what],
        env={**os.environ, 'PYTHONPATH': str(ROOT), 'OMP_NUM_THREADS': '1'},
        capture_output=True,
        text=True,
    )
    errors = [text for text in result.stderr.splitlines() if text.startswith('error: ')]
    assert [text[: len(line)] for text in errors] == [line], result.stderr
    assert 'Traceback' not in result.stderr
    assert result.returncode == code
    assert time.monotonic() - begin < 120
