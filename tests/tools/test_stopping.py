"""Signals to real trainings, as schedulers, terminals and users send them."""

import os
import signal
import socket
import subprocess
import sys
import time
from functools import cache
from pathlib import Path

import pytest
import torch

from mmavl.engine.checkpoint import load_checkpoint

CONFIG = 'tests/engine/toy/toy_config.py'


@pytest.fixture(scope='module')
def train(start_in, request):
    """Return a function that starts, or continues, a training in ``folder``."""
    config = request.config.rootpath / CONFIG

    def start(folder, *, workers=0, seconds=0, arguments=(), **kwargs):
        options = [
            f'train_dataloader.num_workers={workers}', 'train_cfg.max_epochs=3',
            f'train_dataloader.dataset.seconds={seconds}', 'default_hooks.logger.interval=1',
            'train_cfg.val_interval=3',
        ]  # fmt: skip
        arguments = ['--resume', '--work-dir', 'run', *arguments, '--cfg-options', *options]
        return start_in(folder, 'train.py', config, *arguments, **kwargs)

    return start


def two_processes(train, folder, **kwargs):
    """Start the two processes of one training, as torchrun and Slurm do."""
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        port = probe.getsockname()[1]
    common = {'WORLD_SIZE': '2', 'MASTER_ADDR': '127.0.0.1', 'MASTER_PORT': str(port)}
    return [
        train(folder, env={**common, 'RANK': rank, 'LOCAL_RANK': rank}, name=f'rank{rank}-',
              arguments=['--launcher', 'pytorch'], **kwargs)
        for rank in ('0', '1')
    ]  # fmt: skip


@pytest.fixture(scope='module')
def straight(train, tmp_path_factory):
    """Return a function: the weights at the end of a training that nobody stopped."""

    @cache
    def weights(workers, processes=1):
        folder = tmp_path_factory.mktemp('straight')
        if processes == 1:
            group = [train(folder, workers=workers)]
        else:
            group = two_processes(train, folder, workers=workers)
        assert [training.ended().code for training in group] == [0] * processes
        return weights_in(folder)

    return weights


def weights_in(folder):
    return load_checkpoint(folder / 'run/epoch_3.pth')['state_dict']


def assert_equal(first, second):
    assert all(torch.equal(first[name], second[name]) for name in first)


@pytest.mark.parametrize(
    ('name', 'workers'),
    [('SIGTERM', 0), ('SIGTERM', 2), ('SIGINT', 2), ('SIGHUP', 2), ('SIGUSR1', 2)],
)
def test_a_signal_to_the_group_loses_nothing(train, straight, tmp_path, name, workers):
    training = train(tmp_path, workers=workers, seconds=0.1)
    training.wait_for('Epoch(train) [2][1/4]')
    training.signal(getattr(signal, name))
    training.signal(getattr(signal, name))  # `timeout` sends it twice
    code, stdout, stderr = training.ended()
    assert code == 75, stderr
    assert f'{name}: stopped after iteration' in stdout
    assert stderr == ''
    assert (tmp_path / 'run/interrupted.pth').is_file()
    code, _, stderr = train(tmp_path, workers=workers).ended()
    assert code == 0, stderr
    assert_equal(weights_in(tmp_path), straight(workers))


@pytest.mark.parametrize(('name', 'workers'), [('SIGINT', 0), ('SIGTERM', 2)])
def test_a_second_signal_ends_at_once(train, tmp_path, name, workers):
    number = getattr(signal, name)
    training = train(tmp_path, workers=workers, seconds=60)
    training.wait_for('Checkpoints will be saved')
    time.sleep(0.5)
    training.signal(number)
    time.sleep(1.2)
    begin = time.monotonic()
    training.signal(number)
    code, _, stderr = training.ended()
    assert time.monotonic() - begin < 3
    assert code == 128 + number
    assert stderr == f'error: {name} for the second time: ended at once\n'


def test_a_signal_that_the_program_was_started_to_ignore_is_ignored(train, tmp_path):
    training = train(tmp_path, seconds=0.02, ignored=[signal.SIGHUP])  # as nohup does
    training.wait_for('Epoch(train) [2][1/4]')
    training.signal(signal.SIGHUP)
    assert training.ended().code == 0


def test_a_signal_while_batches_are_skipped_stops_at_once_and_loses_nothing(train, tmp_path):
    training = train(tmp_path, seconds=0.1)
    training.wait_for('Epoch(train) [2][2/4]')
    training.signal(signal.SIGTERM)
    assert training.ended().code == 75
    before = load_checkpoint(tmp_path / 'run/interrupted.pth')['meta']['iter']
    training = train(tmp_path, seconds=0.5, name='again-')
    training.wait_for('resumed epoch')
    time.sleep(0.5)
    training.signal(signal.SIGTERM)
    code, stdout, stderr = training.ended()
    assert code == 75, stderr
    assert 'SIGTERM: stopped before the first new iteration' in stdout
    assert load_checkpoint(tmp_path / 'run/interrupted.pth')['meta']['iter'] == before


@pytest.mark.parametrize(('name', 'receiver', 'workers'), [('SIGTERM', 0, 2), ('SIGUSR1', 1, 0)])
def test_of_two_processes_one_needs_the_signal(train, straight, tmp_path, name, receiver, workers):
    group = two_processes(train, tmp_path, workers=workers, seconds=0.1)
    group[0].wait_for('Epoch(train) [2][1/2]')
    group[receiver].signal(getattr(signal, name))
    for training in group:
        code, _, stderr = training.ended()
        assert code == 75, stderr
    assert f'{name}: stopped after iteration' in group[0].text()
    assert (tmp_path / 'run/interrupted.pth').is_file()
    for training in two_processes(train, tmp_path, workers=workers):
        code, _, stderr = training.ended()
        assert code == 0, stderr
    assert_equal(weights_in(tmp_path), straight(workers, 2))


def test_after_one_of_two_processes_is_killed_the_restarted_run_ends_the_same(
    straight, tmp_path, request
):
    root = request.config.rootpath
    folders = f'{root}:{root / "tests/engine/toy"}'
    variables = {'PYTHON': sys.executable, 'MAX_RESTARTS': '1', 'PYTHONPATH': folders}
    command = ['bash', root / 'tools/dist_train.sh', root / CONFIG, '2', '--work-dir', 'run']
    command += ['--cfg-options', 'train_cfg.max_epochs=3', 'train_cfg.val_interval=3']
    command += ['train_dataloader.dataset.seconds=0.1', 'default_hooks.logger.interval=1']
    with open(tmp_path / 'out.txt', 'w') as out:
        launcher = subprocess.Popen(
            command, cwd=tmp_path, env={**os.environ, **variables}, stdout=out,
            stderr=subprocess.STDOUT,
        )  # fmt: skip
    deadline = time.monotonic() + 120
    while 'Epoch(train) [2][1/' not in (tmp_path / 'out.txt').read_text():
        assert launcher.poll() is None and time.monotonic() < deadline  # noqa: PT018
        time.sleep(0.05)
    children = Path(f'/proc/{launcher.pid}/task/{launcher.pid}/children').read_text().split()
    os.kill(int(children[1]), signal.SIGKILL)
    assert launcher.wait() == 0
    text = (tmp_path / 'out.txt').read_text()
    assert 'was killed by SIGKILL' in text
    assert 'resumed epoch: 1' in text
    assert_equal(weights_in(tmp_path), straight(0, processes=2))
