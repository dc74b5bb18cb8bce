import os
import signal

import pytest
import torch
from mmengine.hooks import Hook

from mmavl.engine.checkpoint import load_checkpoint
from mmavl.engine.launch import run_training
from mmavl.engine.loops import AutocastValLoop
from mmavl.engine.runner import AVRunner


def dtype_in(make_cfg, loop, run):
    """The dtype in which the toy computes inside an evaluation loop, and its metrics."""
    key = 'val_cfg' if run == 'val' else 'test_cfg'
    cfg = make_cfg()
    cfg[key].update(loop)
    runner = AVRunner.from_cfg(cfg)
    seen = []
    runner.model.layer.register_forward_hook(lambda m, i, out: seen.append(out.dtype))
    metrics = getattr(runner, run)()
    assert metrics['distinct'] == 6
    return set(seen)


@pytest.mark.parametrize('run', ['val', 'test'])
def test_evaluation_runs_in_the_precision_asked_for(make_cfg, run):
    assert dtype_in(make_cfg, {'dtype': 'bfloat16'}, run) == {torch.bfloat16}
    assert dtype_in(make_cfg, {'dtype': 'float32'}, run) == {torch.float32}


@pytest.mark.parametrize('run', ['val', 'test'])
def test_auto_follows_the_machine(make_cfg, run, monkeypatch):
    monkeypatch.setattr(torch.cpu, 'get_capabilities', dict, raising=False)
    assert dtype_in(make_cfg, {}, run) == {torch.float32}
    monkeypatch.setattr(torch.cpu, 'get_capabilities', lambda: {'bf16': True}, raising=False)
    assert dtype_in(make_cfg, {}, run) == {torch.bfloat16}


def test_the_runner_builds_the_resumable_loop_for_by_epoch(make_cfg):
    runner = AVRunner.from_cfg(make_cfg())
    loop = runner.build_train_loop(runner.cfg.train_cfg)
    assert type(loop).__name__ == 'ResumableEpochLoop'
    assert (loop.max_epochs, loop.max_iters, loop.batches_done) == (2, 8, 0)


def test_batches_done_counts_from_the_epochs_start(make_cfg):
    runner = AVRunner.from_cfg(make_cfg())
    loop = runner.build_train_loop(runner.cfg.train_cfg)
    loop._epoch, loop._iter = 1, 6
    assert loop.batches_done == 2
    loop._iter = 13  # saved with smaller batches
    assert loop.batches_done == 0


class CutOff(Hook):
    """End the run inside the validation after the first epoch, as a crash would."""

    def after_val_iter(self, runner, batch_idx, data_batch=None, outputs=None):
        if runner.epoch == 1:
            raise KeyboardInterrupt


@pytest.fixture
def validations(monkeypatch):
    """The epochs that were validated, with their scores."""
    done, run = [], AutocastValLoop.run

    def noted(loop):
        metrics = run(loop)
        done.append((loop.runner.epoch, metrics['mean']))
        return metrics

    monkeypatch.setattr(AutocastValLoop, 'run', noted)
    return done


@pytest.mark.parametrize(('stopped', 'left'), [('in the validation', 2), ('after it', 1)])
def test_a_validation_that_was_cut_off_is_run_again_and_training_ends_the_same(
    make_cfg, tmp_path, validations, stopped, left
):
    options = {'default_hooks__checkpoint__save_best': 'mean', 'default_hooks__checkpoint__rule':
               'less'}  # fmt: skip
    whole = run_training(make_cfg('whole', **options))
    if stopped == 'after it':
        run_training(make_cfg('cut', train_cfg__max_epochs=1, **options))
    else:
        runner = AVRunner.from_cfg(make_cfg('cut', **options))
        runner.register_hook(CutOff())
        with pytest.raises(KeyboardInterrupt):
            runner.train()
    del validations[2:]
    resumed = run_training(make_cfg('cut', **options), resume='auto')
    assert len(validations) == 2 + left
    assert validations[2:] == validations[:2][-left:]
    for key in ('best_score', 'mmavl_validated_epoch'):
        assert resumed.message_hub.get_info(key) == whole.message_hub.get_info(key)
    first, second = (
        load_checkpoint(tmp_path / f'{name}/epoch_2.pth') for name in ('whole', 'cut')
    )
    assert torch.equal(first['state_dict']['layer.weight'], second['state_dict']['layer.weight'])


def test_a_run_stopped_after_a_validation_does_not_repeat_it(make_cfg, validations):
    class Stop(Hook):
        def before_val(self, runner):
            os.kill(os.getpid(), signal.SIGTERM)

    runner = AVRunner.from_cfg(make_cfg())
    runner.register_hook(Stop())
    with pytest.raises(SystemExit):
        runner.train()
    validations.clear()
    run_training(make_cfg(), resume='auto')
    assert [epoch for epoch, _ in validations] == [2]
