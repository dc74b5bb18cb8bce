import pytest
import torch

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
