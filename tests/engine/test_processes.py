import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
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


#: A process that notes what it is, and does something when it is asked to stop.
WAITING = """
import os, signal, sys, time
def stop(number, frame):
    if sys.argv[1] == 'stops':
        os._exit(75)
for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1):
    signal.signal(number, stop)
names = ('RANK', 'LOCAL_RANK', 'WORLD_SIZE', 'LOCAL_WORLD_SIZE', 'MASTER_ADDR')
text = ' '.join(os.environ[name] for name in names)
with open(os.environ['RANK'] + '.tmp', 'w') as file:
    file.write(text + ' ' + os.environ['MASTER_PORT'])
os.rename(file.name, os.environ['RANK'])
end = time.monotonic() + 60
while time.monotonic() < end:
    time.sleep(0.05)
"""


@pytest.fixture
def launched(tmp_path):
    """Return a function that starts two processes with the launcher, and waits until they run."""
    (tmp_path / 'wait.py').write_text(WAITING)
    started = []

    def launch(what, *options, ranks=(0, 1)):
        command = [sys.executable, '-m', 'mmavl.engine.processes', *options]
        process = subprocess.Popen(
            [*command, '--nproc-per-node', '2', 'wait.py', what],
            cwd=tmp_path, env={**os.environ, 'PYTHONPATH': str(ROOT)}, stderr=subprocess.PIPE,
            text=True, start_new_session=True,
        )  # fmt: skip
        started.append(process)
        while not all((tmp_path / str(rank)).exists() for rank in ranks):
            assert process.poll() is None
            time.sleep(0.02)
        return process

    yield launch
    for process in started:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@pytest.mark.parametrize('send', [os.kill, os.killpg])
@pytest.mark.parametrize('name', ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGUSR1'])
def test_a_signal_reaches_all_processes_and_their_status_is_returned(launched, name, send):
    process = launched('stops')
    send(process.pid, getattr(signal, name))
    assert process.communicate() == (None, '')
    assert process.returncode == 75


def test_a_second_signal_ends_all_processes_at_once(launched):
    process = launched('stays')
    os.killpg(process.pid, signal.SIGTERM)
    time.sleep(1.2)
    assert process.poll() is None
    begin = time.monotonic()
    os.kill(process.pid, signal.SIGTERM)
    assert process.wait() == 128 + signal.SIGTERM
    assert time.monotonic() - begin < 2
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)  # the group is empty


def test_processes_know_each_other(launched, tmp_path):
    launched('stays')
    first, second = ((tmp_path / rank).read_text().split() for rank in '01')
    assert first[:-1] == ['0', '0', '2', '2', '127.0.0.1']
    assert second[:-1] == ['1', '1', '2', '2', '127.0.0.1']
    assert first[-1] == second[-1] != '0'


def test_processes_of_the_second_machine_follow_those_of_the_first(launched, tmp_path):
    machines = ['--nnodes', '2', '--node-rank', '1']
    launched('stays', *machines, '--master-addr', 'node1', '--master-port', '29500', ranks=(2, 3))
    assert (tmp_path / '2').read_text() == '2 0 4 2 node1 29500'
    assert (tmp_path / '3').read_text() == '3 1 4 2 node1 29500'


@pytest.mark.slow
@pytest.mark.parametrize(
    ('what', 'line', 'code'),
    [
        ('early', 'error: no data (rank 0)', 1),
        ('late', 'error: no data (rank 0)', 1),
        ('alone', 'error: no data (rank 1)', 1),
        ('killed', 'error: process 1 was killed by SIGKILL', 137),
    ],
)
def test_two_processes_that_fail_say_it_once_and_without_tracebacks(tmp_path, what, line, code):
    (tmp_path / 'fail.py').write_text(SCRIPT)
    command = [sys.executable, '-m', 'mmavl.engine.processes']
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


#: Two processes of which one is killed in its first life, or in each.
MORTAL = """
import os, signal, sys
rank, resumed = os.environ['RANK'], '--resume' in sys.argv
with open(f'log{rank}', 'a') as file:
    file.write(' '.join(sys.argv[2:]) + ';')
if sys.argv[1] == 'fails':
    sys.exit(1)
if rank == '1' and (sys.argv[1] == 'always' or not resumed):
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize(
    ('what', 'options', 'code', 'lives'),
    [
        ('once', [], 0, ['', '--resume']),
        ('once', ['--resume'], 0, ['--resume']),
        ('always', [], 137, ['', '--resume', '--resume']),
        ('fails', [], 1, ['']),
    ],
)
def test_after_one_is_killed_all_start_again_with_resume(tmp_path, what, options, code, lives):
    (tmp_path / 'mortal.py').write_text(MORTAL)
    result = subprocess.run(
        [sys.executable, '-m', 'mmavl.engine.processes', '--nproc-per-node', '2',
         '--max-restarts', '2', 'mortal.py', what, *options],
        cwd=tmp_path, env={**os.environ, 'PYTHONPATH': str(ROOT)}, capture_output=True, text=True,
    )  # fmt: skip
    assert result.returncode == code, result.stderr
    assert (tmp_path / 'log1').read_text() == ''.join(f'{life};' for life in lives)
    assert result.stderr.count('restart ') == len(lives) - 1
