import errno
import os

import pytest

from mmavl.engine.checkpoint import latest_checkpoint, load_checkpoint
from mmavl.engine.launch import run_training


def names(folder):
    return sorted(p.name for p in folder.iterdir() if p.is_file() and p.suffix != '.py')


def fail_at(monkeypatch, module, function, at, error):
    """Let the ``at``-th call of a function, and all after it, raise."""
    original, calls = getattr(module, function), []

    def wrapped(*args, **kwargs):
        calls.append(args)
        if len(calls) >= at:
            raise error
        return original(*args, **kwargs)

    monkeypatch.setattr(module, function, wrapped)


def test_only_as_many_are_kept_as_asked(make_cfg, tmp_path):
    run_training(make_cfg(train_cfg__max_epochs=4))
    assert names(tmp_path / 'run') == ['epoch_3.pth', 'epoch_4.pth', 'last_checkpoint']
    assert latest_checkpoint(tmp_path / 'run').name == 'epoch_4.pth'


def test_the_best_is_kept_and_the_former_best_is_not(make_cfg, tmp_path):
    cfg = make_cfg(train_cfg__max_epochs=3)
    cfg.default_hooks.checkpoint.update(save_best='seen', rule='greater')
    run_training(cfg)  # 'seen' is the same in each epoch: the first is the best
    assert 'best_seen_epoch_1.pth' in names(tmp_path / 'run')
    cfg = make_cfg('less', train_cfg__max_epochs=2)
    cfg.default_hooks.checkpoint.update(save_best='mean', rule='greater')
    cfg.randomness = {'seed': 1}
    run_training(cfg)
    best = [name for name in names(tmp_path / 'less') if name.startswith('best')]
    assert len(best) == 1


@pytest.mark.parametrize('function', ['fsync', 'replace'])
def test_a_kill_while_saving_leaves_the_old_checkpoint(make_cfg, tmp_path, monkeypatch, function):
    cfg = make_cfg()
    cfg.default_hooks.checkpoint.max_keep_ckpts = 1
    run_training(make_cfg(train_cfg__max_epochs=1))
    before = load_checkpoint(tmp_path / 'run/epoch_1.pth')['state_dict']
    fail_at(monkeypatch, os, function, 1, KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        run_training(cfg, resume='auto')
    assert names(tmp_path / 'run') == ['epoch_1.pth', 'last_checkpoint']
    after = load_checkpoint(latest_checkpoint(tmp_path / 'run'))['state_dict']
    assert all((before[k] == after[k]).all() for k in before)


def test_a_full_disk_gives_one_error_and_no_half_written_file(make_cfg, tmp_path, monkeypatch):
    cfg = make_cfg()
    cfg.default_hooks.checkpoint.max_keep_ckpts = 1
    full = OSError(errno.ENOSPC, 'No space left on device')
    fail_at(monkeypatch, os, 'fsync', 3, full)  # file and folder of the first checkpoint pass
    with pytest.raises(OSError, match='No space left') as error:
        run_training(cfg)
    assert error.value.filename == str(tmp_path / 'run/epoch_2.pth')
    assert '--resume' in str(error.value)
    assert names(tmp_path / 'run') == ['epoch_1.pth', 'last_checkpoint']


def test_a_one_cycle_run_leaves_a_checkpoint_of_plain_data_that_resumes(make_cfg, tmp_path):
    def train(work_dir, resume=None):
        cfg = make_cfg(work_dir, train_cfg__max_epochs=3)
        cfg.param_scheduler = {
            'type': 'OneCycleLR', 'eta_max': 0.1, 'total_steps': 3, 'by_epoch': True
        }  # fmt: skip
        run_training(cfg, resume)
        return load_checkpoint(tmp_path / work_dir / 'epoch_3.pth')['param_schedulers']

    whole = train('run')
    assert train('resumed', str(tmp_path / 'run' / 'epoch_2.pth')) == whole
