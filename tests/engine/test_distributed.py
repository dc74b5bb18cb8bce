import os
import random
import subprocess
import sys

import numpy as np
import pytest
import torch
import torch.distributed as dist
from mmengine import Config
from mmengine.model import BaseModel, MMDistributedDataParallel
from torch import nn

from mmavl.engine import distributed
from mmavl.engine.distributed import prepare_launcher, seed_worker
from mmavl.engine.optim_wrappers import AutocastOptimWrapper
from mmavl.errors import ConfigError


@pytest.fixture
def no_cuda(monkeypatch):
    monkeypatch.setattr(torch.cuda, 'is_available', lambda: False)
    started = []
    monkeypatch.setattr(distributed.dist, 'init_process_group', started.append)
    return started


def test_one_process_needs_nothing(no_cuda):
    cfg = Config({})
    prepare_launcher(cfg, 'none')
    assert cfg.to_dict() == {'launcher': 'none'}
    assert no_cuda == []


def test_cuda_is_left_to_mmengine(no_cuda, monkeypatch):
    monkeypatch.setattr(torch.cuda, 'is_available', lambda: True)
    cfg = Config({})
    prepare_launcher(cfg, 'slurm')
    assert cfg.to_dict() == {'launcher': 'slurm'}
    assert no_cuda == []


def test_without_cuda_gloo_is_started_and_no_device_is_named(no_cuda):
    cfg = Config({'find_unused_parameters': True, 'model_wrapper_cfg': {'bucket_cap_mb': 5}})
    prepare_launcher(cfg, 'pytorch')
    assert no_cuda == ['gloo']
    assert cfg.model_wrapper_cfg == {
        'type': 'MMDistributedDataParallel',
        'device_ids': None,
        'broadcast_buffers': False,
        'find_unused_parameters': True,
        'bucket_cap_mb': 5,
    }


def test_slurm_without_cuda_says_what_to_do(no_cuda):
    with pytest.raises(ConfigError, match=r'--launcher slurm needs CUDA.*dist_train\.sh'):
        prepare_launcher(Config({}), 'slurm')


def draws(seed, rank):
    torch.manual_seed(seed)
    seed_worker(0, rank)
    return random.random(), np.random.rand(), torch.rand(()).item()  # noqa: NPY002


def test_workers_draw_by_seed_and_rank_in_every_generator():
    first = draws(5, 0)
    assert draws(5, 0) == first
    for other in (draws(6, 0), draws(5, 1)):
        assert all(a != b for a, b in zip(first, other))


class ConvModel(BaseModel):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)

    def forward(self, inputs, data_samples=None, mode='loss'):
        return {'loss': self.conv(inputs).float().square().mean()}


@pytest.mark.filterwarnings('ignore:Grad strides do not match')
def test_bfloat16_and_channels_last_go_with_distributed_training(tmp_path):
    dist.init_process_group('gloo', init_method=f'file://{tmp_path}/store', rank=0, world_size=1)
    try:
        torch.manual_seed(0)
        model = MMDistributedDataParallel(ConvModel())
        before = model.module.conv.weight.detach().clone()
        wrapper = AutocastOptimWrapper(
            dtype='bfloat16', optimizer=torch.optim.SGD(model.parameters(), lr=0.5)
        )
        wrapper.initialize_count_status(model, 0, 2)
        batch = {'inputs': torch.rand(2, 3, 8, 8)}
        losses = [float(model.train_step(batch, wrapper)['loss'].detach()) for _ in range(4)]
        assert losses[3] < losses[0]
        assert not torch.equal(before, model.module.conv.weight)
        assert model.module.conv.weight.is_contiguous(memory_format=torch.channels_last)
    finally:
        dist.destroy_process_group()


def test_a_process_leaves_its_group_before_it_ends():
    """gloo's threads abort about every second process that ends within a group."""
    program = (
        'import atexit, torch.distributed as dist\n'
        'atexit.register(lambda: print("left", not dist.is_initialized()))\n'
        'from mmengine import Config\n'
        'from mmavl.engine.distributed import prepare_launcher\n'
        'prepare_launcher(Config({}), "pytorch")\n'
        'print("joined", dist.is_initialized())\n'
    )
    environment = {**os.environ, 'RANK': '0', 'WORLD_SIZE': '1', 'CUDA_VISIBLE_DEVICES': ''}
    environment |= {'MASTER_ADDR': '127.0.0.1', 'MASTER_PORT': '0'}
    ended = subprocess.run(
        [sys.executable, '-c', program],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert ended.stdout.splitlines() == ['joined True', 'left True']
