"""The two tools as a user runs them; what they do is tested in tests/engine/test_launch.py."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TOY = ROOT / 'tests/engine/toy'


def run(tmp_path, *command, **env):
    paths = os.pathsep.join([str(ROOT), str(TOY)])
    env = {**os.environ, 'PYTHONPATH': paths, 'PYTHON': sys.executable, **env}
    command = [str(part) for part in command]
    return subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True)


@pytest.mark.slow
def test_train_then_test(tmp_path):
    python, config = sys.executable, TOY / 'toy_config.py'
    common = ['--dtype', 'bfloat16', '--seed', '3', '--work-dir', 'run']
    common += ['--cfg-options', 'train_cfg.max_epochs=1']
    result = run(tmp_path, python, ROOT / 'tools/train.py', config, '--resume', *common)
    assert result.returncode == 0, result.stderr
    assert 'Nothing to resume in run' in result.stdout
    for part in ('Training', 'Validation'):
        assert f'{part} computes in bfloat16, as set by dtype=bfloat16' in result.stdout
    result = run(tmp_path, python, ROOT / 'tools/test.py', config, 'run/epoch_1.pth', *common)
    assert result.returncode == 0, result.stderr
    assert 'distinct: 6' in result.stdout
    assert 'Testing computes in bfloat16, as set by dtype=bfloat16' in result.stdout
    result = run(
        tmp_path, python, ROOT / 'tools/test.py', config, 'run/epoch_1.pth', *common,
        'model.width=2',
    )  # fmt: skip
    assert result.returncode == 2
    assert 'run/epoch_1.pth belongs to another model' in result.stderr
    assert 'Traceback' not in result.stderr


@pytest.mark.slow
def test_two_processes_on_a_cpu_train_and_test(tmp_path):
    config = TOY / 'toy_config.py'
    result = run(
        tmp_path, 'bash', ROOT / 'tools/dist_train.sh', config, 2, '--work-dir', 'a folder',
        CUDA_VISIBLE_DEVICES='',
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    assert 'Epoch(train) [2][2/2]' in result.stdout  # 16 samples, 2 processes, batches of 4
    result = run(
        tmp_path, 'bash', ROOT / 'tools/dist_test.sh', config, 'a folder/epoch_2.pth', 2,
        '--work-dir', 'test', '--cfg-options', 'test_dataloader.dataset.length=7',
        CUDA_VISIBLE_DEVICES='',
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    assert 'seen: 7  distinct: 7' in result.stdout


@pytest.mark.slow
def test_two_processes_told_to_stop_save_one_checkpoint_and_can_go_on(tmp_path):
    command = ['bash', ROOT / 'tools/dist_train.sh', TOY / 'toy_config.py', '2']
    options = ['--work-dir', 'run', '--cfg-options', 'default_hooks.checkpoint.interval=100000']
    endless = ['train_cfg.max_epochs=100000', 'train_cfg.val_interval=100000']
    paths = os.pathsep.join([str(ROOT), str(TOY)])
    env = {**os.environ, 'PYTHONPATH': paths, 'PYTHON': sys.executable, 'PYTHONUNBUFFERED': '1'}
    process = subprocess.Popen(
        [*command, *options, *endless],
        cwd=tmp_path, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    for line in process.stdout:
        if 'Epoch(train)' in line:
            break
    process.terminate()
    rest = process.stdout.read()
    assert process.wait() == 75, rest
    assert 'SIGTERM: stopped after iteration' in rest
    assert (tmp_path / 'run/interrupted.pth').is_file()
    result = run(tmp_path, *command, '--resume', *options, 'train_cfg.max_epochs=1')
    assert result.returncode == 0, result.stderr
    assert 'resumed epoch' in result.stdout
