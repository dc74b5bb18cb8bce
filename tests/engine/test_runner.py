import copy
import os
import signal

import pytest
import torch
from mmengine.dataset import sampler as mmengine_sampler
from mmengine.dataset import worker_init_fn
from mmengine.hooks import Hook
from mmengine.runner import IterBasedTrainLoop
from torch.utils.data import DataLoader
from torch.utils.data._utils import signal_handling

from mmavl.engine import run_checks
from mmavl.engine.launch import run_test, run_training
from mmavl.engine.loops import ResumableEpochLoop
from mmavl.engine.runner import AVRunner
from mmavl.errors import CheckpointError, ConfigError


def hooks_of(runner):
    return {type(hook).__name__ for hook in runner.hooks}


def test_a_hook_of_any_name_can_be_switched_off(make_cfg):
    options = dict(default_hooks__termination=None, default_hooks__timer=None)
    runner = AVRunner.from_cfg(make_cfg(**options))
    assert {'RandomStateHook', 'RuntimeInfoHook'} <= hooks_of(runner)
    assert not hooks_of(runner) & {'TerminationHook', 'IterTimerHook'}


def test_by_epoch_means_the_resumable_loop_and_the_config_stays_as_it_was(make_cfg):
    runner = AVRunner.from_cfg(make_cfg())
    loop = dict(by_epoch=True, max_epochs=3)
    built = runner.build_train_loop(loop)
    assert type(built) is ResumableEpochLoop
    assert built.max_epochs == 3
    assert loop == dict(by_epoch=True, max_epochs=3)
    assert runner.build_train_loop(built) is built


def test_training_by_iterations_is_mmengines_own(make_cfg):
    runner = AVRunner.from_cfg(make_cfg())
    built = runner.build_train_loop(dict(by_epoch=False, max_iters=5))
    assert type(built) is IterBasedTrainLoop
    assert built.max_iters == 5


def draws_of_workers(seed, **options):
    """What a worker's dataset draws in two epochs."""
    from toy_project import ToyDataset

    loader = AVRunner.build_dataloader(
        dict(
            batch_size=4,
            num_workers=1,
            dataset=ToyDataset(4),
            sampler=dict(type='DefaultSampler', shuffle=False),
            **options,
        ),
        seed=seed,
    )
    torch.manual_seed(0)
    return [torch.stack(batch['inputs']['x']).flatten().tolist() for _ in '12' for batch in loader]


def test_workers_draw_other_numbers_in_each_epoch_and_the_same_in_each_run(toy_dir):
    first, second = draws_of_workers(3)
    assert first != second
    assert [first, second] == draws_of_workers(3)


def test_a_way_to_seed_workers_that_the_config_names_is_kept(toy_dir):
    own = dict(type=worker_init_fn, num_workers=1, rank=0, seed=5)
    first, second = draws_of_workers(3, worker_init_fn=own)
    assert first == second  # mmengine's own seeds every epoch alike


def test_building_a_loader_leaves_its_config_as_it_was(make_cfg):
    cfg = make_cfg().val_dataloader
    before = copy.deepcopy(cfg)
    loader = AVRunner.build_dataloader(cfg)
    assert cfg == before
    assert AVRunner.build_dataloader(loader) is loader
    assert isinstance(loader, DataLoader)


@pytest.mark.parametrize('split', ['train', 'val', 'test'])
def test_a_batch_larger_than_the_data_names_split_batch_and_samples(make_cfg, split):
    cfg = make_cfg()
    cfg[f'{split}_dataloader'].update(batch_size=1000, drop_last=True)
    samples = {'train': 16}.get(split, 6)
    with pytest.raises(ConfigError) as error:
        run_test(cfg) if split == 'test' else run_training(cfg)
    assert str(error.value) == (
        f'{cfg.filename}: {split}_dataloader: no batches with batch_size=1000 and drop_last=True: '
        f'ToyDataset has {samples} samples; reduce batch_size, or set drop_last=False'
    )


def test_the_last_small_batch_is_enough_where_it_is_kept(make_cfg):
    cfg = make_cfg()
    cfg.train_dataloader.update(batch_size=1000, drop_last=False)
    assert len(AVRunner.build_dataloader(cfg.train_dataloader)) == 1


def test_a_batch_larger_than_a_processs_share_names_the_share(make_cfg, monkeypatch):
    for module in (mmengine_sampler, run_checks):
        monkeypatch.setattr(module, 'get_world_size', lambda: 4, raising=False)
    monkeypatch.setattr(mmengine_sampler, 'get_dist_info', lambda: (1, 4))
    cfg = make_cfg().train_dataloader
    cfg.update(batch_size=5, drop_last=True)
    with pytest.raises(ValueError, match='ToyDataset has 16 samples, 4 for each of 4 processes;'):
        AVRunner.build_dataloader(cfg, seed=0)


def test_an_endless_sampler_always_gives_batches(make_cfg):
    cfg = make_cfg().train_dataloader
    cfg.update(batch_size=20, drop_last=True, sampler=dict(type='InfiniteSampler'))
    batch = next(iter(AVRunner.build_dataloader(cfg, seed=0)))
    assert len(batch['data_samples']) == 20


@pytest.fixture
def checkpoint(tmp_path):
    """Weights of the toy, saved by two processes, with one tensor that it does not have."""
    state = {
        'module.layer.weight': torch.tensor([[0.25]]),
        'module.layer.bias': torch.tensor([0.75]),
        'module.extra': torch.zeros(3),
    }
    path = tmp_path / 'saved.pth'
    torch.save({'state_dict': state, 'meta': {'epoch': 4}}, path)
    return str(path)


def test_training_starts_from_what_fits_and_logs_what_does_not(make_cfg, checkpoint, monkeypatch):
    runner = AVRunner.from_cfg(make_cfg(load_from=checkpoint))
    log, passed = [], []
    monkeypatch.setattr(runner.logger, 'info', log.append)
    listener = Hook()
    listener.after_load_checkpoint = lambda runner, checkpoint: passed.append(checkpoint['meta'])
    runner.register_hook(listener)
    runner.load_or_resume()
    assert runner.model.layer.weight.item() == 0.25
    assert runner.model.layer.bias.item() == 0.75
    assert passed == [{'epoch': 4}]
    assert log[-1].splitlines() == [
        f'Loaded weights from {checkpoint}.', 'not in the model: extra',
    ]  # fmt: skip
    log.clear()
    runner.load_or_resume()  # weights are read once
    assert log == []


def test_training_begins_anew_what_the_config_leaves_out_and_testing_does_not(
    make_cfg, tmp_path, monkeypatch
):
    state = {'layer.weight': torch.tensor([[0.25]]), 'layer.bias': torch.tensor([0.75])}
    torch.save({'state_dict': {**state, 'extra': torch.zeros(1)}}, tmp_path / 'more.pth')
    cfg = make_cfg(load_from=str(tmp_path / 'more.pth'), load_without=['layer'])
    with pytest.raises(CheckpointError, match='none of its 1 tensors fit'):
        AVRunner.from_cfg(cfg).load_or_resume()
    torch.save({'state_dict': state}, tmp_path / 'saved.pth')
    runner = AVRunner.from_cfg(
        make_cfg(load_from=str(tmp_path / 'saved.pth'), load_without=['layer'])
    )
    monkeypatch.setattr(runner.test_loop, 'run', dict)
    runner.test()
    assert runner.model.layer.weight.item() == 0.25


def test_testing_wants_every_tensor_to_fit(make_cfg, checkpoint):
    runner = AVRunner.from_cfg(make_cfg(load_from=checkpoint))
    with pytest.raises(CheckpointError, match='2 of 2 tensors fit'):
        runner.test()


@pytest.mark.parametrize('number', [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1])
def test_a_signal_while_a_worker_starts_does_not_end_it(toy_dir, monkeypatch, number):
    """PyTorch's handlers end a worker until ours replaces them."""
    original = signal_handling._set_worker_signal_handlers

    def then_signal():
        original()
        os.kill(os.getpid(), number)

    monkeypatch.setattr(signal_handling, '_set_worker_signal_handlers', then_signal)
    assert [len(epoch) for epoch in draws_of_workers(3)] == [4, 4]
    assert signal.pthread_sigmask(signal.SIG_BLOCK, []) == set()
