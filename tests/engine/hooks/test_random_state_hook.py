import random
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.hooks import Hook

from mmavl.engine.checkpoint import load_checkpoint
from mmavl.engine.hooks.random_state_hook import get_random_state, set_random_state
from mmavl.engine.launch import run_training
from mmavl.engine.runner import AVRunner


def weights_of(path):
    checkpoint = load_checkpoint(path)
    momentum = [s['momentum_buffer'] for s in checkpoint['optimizer']['state'].values()]
    return [*checkpoint['state_dict'].values(), *momentum]


def assert_bit_equal(first, second):
    assert len(first) == len(second) > 0
    assert all(torch.equal(a, b) for a, b in zip(first, second))


class PowerCut(Hook):
    """End the run in the middle of the second epoch."""

    def before_train_iter(self, runner, batch_idx, data_batch=None):
        if runner.iter == 5:
            raise KeyboardInterrupt


def train_with_power_cut(make_cfg, name, **options):
    runner = AVRunner.from_cfg(make_cfg(name, **options))
    runner.register_hook(PowerCut())
    with pytest.raises(KeyboardInterrupt):
        runner.train()
    return run_training(make_cfg(name, **options), resume='auto')


@pytest.mark.parametrize(
    'loading',
    [
        {},
        {'num_workers': 2},
        {'num_workers': 1, 'persistent_workers': True, 'dataset': {'noise': False}},
    ],
)
def test_a_run_resumed_after_a_power_cut_ends_as_if_there_had_been_none(
    make_cfg, loading, tmp_path
):
    run_training(make_cfg('straight', train_dataloader=loading))
    train_with_power_cut(make_cfg, 'cut', train_dataloader=loading)
    assert_bit_equal(
        weights_of(tmp_path / 'straight/epoch_2.pth'), weights_of(tmp_path / 'cut/epoch_2.pth')
    )


def test_a_checkpoint_without_random_state_is_resumed_with_a_warning(make_cfg, tmp_path, caplog):
    run_training(make_cfg('run'))
    path = tmp_path / 'run/epoch_1.pth'
    checkpoint = load_checkpoint(path)
    del checkpoint['random_state']
    torch.save(checkpoint, path)
    runner = run_training(make_cfg('run'), resume=str(path))
    assert runner.iter == 8
    assert 'no random state' in Path(runner.log_dir, f'{runner.timestamp}.log').read_text()


def test_validation_does_not_disturb_training(make_cfg, tmp_path):
    run_training(make_cfg('with'))
    run_training(make_cfg('without', train_cfg__val_interval=99, train_cfg__val_begin=99))
    assert_bit_equal(
        weights_of(tmp_path / 'with/epoch_2.pth'), weights_of(tmp_path / 'without/epoch_2.pth')
    )


def test_a_fresh_run_ignores_the_state_of_the_weights_it_starts_from(make_cfg, tmp_path):
    run_training(make_cfg('first'))
    start = str(tmp_path / 'first/epoch_1.pth')
    for name in ('a', 'b'):
        cfg = make_cfg(name, load_from=start)
        cfg.randomness = {'seed': {'a': 5, 'b': 6}[name]}
        run_training(cfg)
    first, second = (weights_of(tmp_path / name / 'epoch_2.pth') for name in ('a', 'b'))
    assert not torch.equal(first[0], second[0])


def test_every_generator_comes_back():
    random.seed(3)
    np.random.seed(3)  # noqa: NPY002
    torch.manual_seed(3)
    state = get_random_state()
    draw = lambda: (random.random(), np.random.rand(), torch.rand(2).tolist())  # noqa: E731,NPY002
    first = draw()
    assert draw() != first
    set_random_state(state)
    assert draw() == first


def test_workers_draw_other_numbers_in_each_epoch(make_cfg):
    cfg = make_cfg(train_dataloader={'num_workers': 1, 'sampler': {'shuffle': False}})
    runner = AVRunner.from_cfg(cfg)
    seen = []
    runner.model.register_forward_pre_hook(
        lambda module, args, kwargs: seen.append(torch.stack(kwargs['inputs']['x'])),
        with_kwargs=True,
    )
    runner.train()
    first, second = seen[0], seen[6]  # four batches of training, two of validation
    assert not torch.allclose(first, second)
