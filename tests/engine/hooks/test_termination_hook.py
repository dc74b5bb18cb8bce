import os
import signal
import time

import pytest
import torch
from mmengine.hooks import Hook

from mmavl.engine.checkpoint import load_checkpoint
from mmavl.engine.launch import run_training
from mmavl.engine.run_checkpoints import latest_checkpoint
from mmavl.engine.runner import AVRunner
from mmavl.engine.stop_signals import STOPPED


class SigtermAt(Hook):
    """Send this process SIGTERM before an iteration of training, or of validation."""

    def __init__(self, train_iter=None, val_epoch=None):
        self.train_iter, self.val_epoch = train_iter, val_epoch

    def before_train_iter(self, runner, batch_idx, data_batch=None):
        if runner.iter == self.train_iter:
            os.kill(os.getpid(), signal.SIGTERM)
            os.kill(os.getpid(), signal.SIGTERM)  # torchrun sends it twice
            time.sleep(0.2)  # a thread takes note of it

    def before_val_epoch(self, runner):
        if runner.epoch == self.val_epoch:
            os.kill(os.getpid(), signal.SIGTERM)


def stop_and_resume(make_cfg, hook, **options):
    runner = AVRunner.from_cfg(make_cfg('stopped', **options))
    runner.register_hook(hook)
    with pytest.raises(SystemExit) as stop:
        runner.train()
    saved = latest_checkpoint(runner.work_dir)
    meta = load_checkpoint(saved)['meta']
    run_training(make_cfg('stopped', **options), resume='auto')
    return stop.value.code, saved, meta


def assert_same_end(tmp_path):
    first, second = (
        load_checkpoint(tmp_path / name / 'epoch_2.pth') for name in ('straight', 'stopped')
    )
    for name, tensor in first['state_dict'].items():
        assert torch.equal(tensor, second['state_dict'][name])
    assert first['meta']['iter'] == second['meta']['iter'] == 8


@pytest.fixture(autouse=True)
def _default_handler():
    yield
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


@pytest.mark.parametrize('workers', [0, 2])
@pytest.mark.parametrize('iteration', [5, 3])  # inside the second epoch; the first one's last
def test_a_run_stopped_inside_an_epoch_ends_as_if_it_had_not_been(
    make_cfg, tmp_path, iteration, workers
):
    options = {'train_dataloader__num_workers': workers}
    run_training(make_cfg('straight', **options))
    code, saved, meta = stop_and_resume(make_cfg, SigtermAt(train_iter=iteration), **options)
    assert code == STOPPED == 75
    assert saved.name == 'interrupted.pth'
    assert (meta['epoch'], meta['iter']) == (iteration // 4, iteration + 1)
    assert_same_end(tmp_path)
    assert not saved.exists()  # the next regular checkpoint replaced it


def test_a_run_stopped_while_validating_goes_on_with_the_next_epoch(make_cfg, tmp_path):
    run_training(make_cfg('straight'))
    code, _, meta = stop_and_resume(make_cfg, SigtermAt(val_epoch=1))
    assert code == STOPPED
    assert (meta['epoch'], meta['iter']) == (1, 4)
    assert_same_end(tmp_path)


def test_the_former_handler_comes_back(make_cfg):
    handler = lambda signum, frame: None  # noqa: E731
    signal.signal(signal.SIGTERM, handler)
    run_training(make_cfg(train_cfg__max_epochs=1))
    assert signal.getsignal(signal.SIGTERM) is handler


def test_after_an_error_ctrl_c_works_again(make_cfg):
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(FloatingPointError):
        run_training(make_cfg(model__nan_at_clip='clip3'))
    assert signal.getsignal(signal.SIGINT) is before
