"""The shell launchers, with a stand-in for what they start."""

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def launch(tmp_path):
    """Run a launcher whose ``python`` and ``srun`` only print their arguments, one a line."""
    for name in ('python', 'srun'):
        program = tmp_path / 'bin' / name
        program.parent.mkdir(exist_ok=True)
        program.write_text(f'#!/bin/bash\necho {name}\nprintf "%s\\n" "$@"\n')
        program.chmod(0o755)

    def run(script, *args, **env):
        path = f'{tmp_path / "bin"}:{os.environ["PATH"]}'
        env = {**{k: v for k, v in os.environ.items() if k != 'PYTHON'}, 'PATH': path, **env}
        return subprocess.run(
            ['bash', ROOT / 'tools' / script, *args],
            env=env, cwd=tmp_path, capture_output=True, text=True,
        )  # fmt: skip

    return run


def test_dist_train_starts_the_processes_and_keeps_arguments_whole(launch):
    lines = launch('dist_train.sh', 'my config.py', '4', '--work-dir', 'a b').stdout.splitlines()
    assert lines == [
        'python', '-m', 'mmavl.engine.processes', '--nproc-per-node', '4', '--max-restarts', '0',
        str(ROOT / 'tools/train.py'), 'my config.py', '--launcher', 'pytorch',
        '--work-dir', 'a b',
    ]  # fmt: skip


def test_dist_test_takes_the_checkpoint_too(launch):
    lines = launch('dist_test.sh', 'c.py', 'a b.pth', '2', '--out', 'x.npz').stdout.splitlines()
    assert lines[3:] == [
        '--nproc-per-node', '2', str(ROOT / 'tools/test.py'), 'c.py', 'a b.pth',
        '--launcher', 'pytorch', '--out', 'x.npz',
    ]  # fmt: skip


@pytest.mark.parametrize(
    ('script', 'args'),
    [('dist_train.sh', ['c.py', '8']), ('dist_test.sh', ['c.py', 'a.pth', '8'])],
)
def test_several_machines_meet_at_the_address_given(launch, script, args):
    nodes = {'NNODES': '2', 'NODE_RANK': '1', 'MASTER_ADDR': '10.0.0.1', 'PORT': '1234'}
    lines = launch(script, *args, **nodes).stdout.splitlines()
    assert lines[3:11] == [
        '--nnodes', '2', '--node-rank', '1', '--master-addr', '10.0.0.1', '--master-port', '1234',
    ]  # fmt: skip


def test_slurm_train_asks_for_what_the_environment_says(launch):
    lines = launch(
        'slurm_train.sh', 'part', 'job', 'c.py', 'work dir', '--seed', '1',
        GPUS='16', SRUN_ARGS='--exclusive --time=1',
    ).stdout.splitlines()  # fmt: skip
    assert lines == [
        'srun', '--partition=part', '--job-name=job', '--gres=gpu:8', '--ntasks=16',
        '--ntasks-per-node=8', '--cpus-per-task=5', '--kill-on-bad-exit=1', '--exclusive',
        '--time=1', 'python', '-u', str(ROOT / 'tools/train.py'), 'c.py',
        '--work-dir', 'work dir', '--launcher', 'slurm', '--seed', '1',
    ]  # fmt: skip


def test_slurm_test_with_few_gpus_stays_on_one_node(launch):
    lines = launch('slurm_test.sh', 'part', 'job', 'c.py', 'a.pth', GPUS='2').stdout.splitlines()
    assert {'--gres=gpu:2', '--ntasks=2', '--ntasks-per-node=2'} <= set(lines)
    assert lines[-4:] == ['c.py', 'a.pth', '--launcher', 'slurm']


@pytest.mark.parametrize(
    'script', ['dist_train.sh', 'dist_test.sh', 'slurm_train.sh', 'slurm_test.sh']
)
def test_too_few_arguments_show_the_usage(launch, script):
    result = launch(script, 'c.py')
    assert result.returncode == 2
    assert result.stderr.startswith('usage: bash')
