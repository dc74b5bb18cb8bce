import errno
import os

import pytest
from mmengine.evaluator import BaseMetric
from mmengine.fileio import LocalBackend

from mmavl.engine.checkpoint import load_checkpoint
from mmavl.engine.launch import run_training
from mmavl.engine.run_checkpoints import latest_checkpoint
from mmavl.errors import ConfigError


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


class Scored(BaseMetric):
    """A count that grows, and a score that is best in the second epoch."""

    epochs = 0

    def process(self, data_batch, data_samples):
        self.results.append(0)

    def compute_metrics(self, results):
        self.epochs += 1
        score = {1: 0.2, 2: 0.5, 3: 0.3}[self.epochs]
        return {
            'half_max/evaluated': self.epochs,
            'half_max/whole_image/average_ciou': 1.0,
            'half_max/level1_ciou': 0.9,
            'half_max/average_ciou': score,
            'half_max/confusion': -score,
        }


@pytest.mark.parametrize(
    ('save_best', 'key'),
    [
        ('auto', 'average_ciou'),
        ('half_max/average_ciou', 'average_ciou'),
        ('half_max/confusion', 'confusion'),  # less is better
    ],
)
def test_the_best_is_chosen_by_a_score_in_its_own_direction(make_cfg, tmp_path, save_best, key):
    cfg = make_cfg(train_cfg__max_epochs=3, val_evaluator={'type': Scored})
    cfg.default_hooks.checkpoint.save_best = save_best
    run_training(cfg)
    best = [name for name in names(tmp_path / 'run') if name.startswith('best')]
    assert best == [f'best_half_max_{key}_epoch_2.pth']


@pytest.mark.parametrize(
    ('save_best', 'message'),
    [
        ('half_max/evaluated', "'half_max/evaluated' is a count or a setting, not a score"),
        (['half_max/average_ciou', 'tags/audio_classes'], "'tags/audio_classes' is a count"),
        ('half_max/centred_disc/pointing', "belongs to the row 'centred_disc', which has no"),
        ('mean', 'Cannot infer the rule for key mean'),
    ],
)
def test_a_count_and_a_score_without_a_rule_are_refused_before_training(
    make_cfg, save_best, message
):
    cfg = make_cfg()
    cfg.default_hooks.checkpoint.save_best = save_best
    with pytest.raises(ConfigError, match=f'py: default_hooks.checkpoint: .*{message}'):
        run_training(cfg)


@pytest.mark.parametrize(
    ('save_best', 'message'),
    [
        ('auto', "save_best='auto' recognises no metric of mean, seen, distinct: name one"),
        ('tags/audio_map', "save_best: the evaluation has no metric 'tags/audio_map'"),
        ('mean_auc', "save_best: the evaluation has no metric 'mean_auc'; did you mean 'mean'"),
    ],
)
def test_a_score_that_the_evaluation_does_not_give_ends_with_one_line(
    make_cfg, save_best, message
):
    cfg = make_cfg()
    cfg.default_hooks.checkpoint.save_best = save_best
    with pytest.raises(ConfigError, match=message):
        run_training(cfg)


def test_what_killed_saves_left_behind_is_deleted_at_the_next_start(make_cfg, tmp_path):
    run_training(make_cfg(train_cfg__max_epochs=1))
    left = [
        tmp_path / 'run/.epoch_2.pth.abcd1234.tmp',
        tmp_path / 'run/.last_checkpoint.a_b_c_d_.tmp',
    ]
    for path in left:
        path.write_bytes(bytes(1000))
    run_training(make_cfg(), resume='auto')
    assert not any(path.exists() for path in left)
    assert names(tmp_path / 'run') == ['epoch_1.pth', 'epoch_2.pth', 'last_checkpoint']


def test_a_kill_before_the_deletion_of_an_old_checkpoint_leaves_none_too_many(
    make_cfg, tmp_path, monkeypatch
):
    def cfg():
        return make_cfg(train_cfg__max_epochs=5)

    with monkeypatch.context() as patch:
        fail_at(patch, LocalBackend, 'remove', 1, KeyboardInterrupt())
        with pytest.raises(KeyboardInterrupt):
            run_training(cfg())  # keeps two, and is killed before it deletes the first
    left = ['epoch_1.pth', 'epoch_2.pth', 'epoch_3.pth', 'last_checkpoint']
    assert names(tmp_path / 'run') == left
    run_training(cfg(), resume='auto')
    assert names(tmp_path / 'run') == ['epoch_4.pth', 'epoch_5.pth', 'last_checkpoint']


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
