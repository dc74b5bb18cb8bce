import subprocess
import sys
from pathlib import Path

import torch

ROOT = Path(__file__).parents[3]

#: Two processes see different data; each then saves its statistics.
SCRIPT = """
import os, sys
import torch
import torch.distributed as dist
from torch import nn
from types import SimpleNamespace
from mmavl.engine.hooks import BatchNormSyncHook
dist.init_process_group('gloo')
rank = dist.get_rank()
frozen = nn.BatchNorm1d(3).eval()
frozen.running_mean.fill_(rank)
model = nn.ModuleList([nn.BatchNorm1d(3), frozen])
torch.manual_seed(rank)
for _ in range(2):
    model[0](torch.randn(8, 3) + 4 * rank)
torch.save(model.state_dict(), f'{sys.argv[1]}/own{rank}.pt')
BatchNormSyncHook().after_train_iter(SimpleNamespace(model=model), 0)
torch.save(model.state_dict(), f'{sys.argv[1]}/synced{rank}.pt')
dist.barrier()
dist.destroy_process_group()
"""


def test_two_processes_have_the_mean_of_their_statistics(tmp_path):
    (tmp_path / 'sync.py').write_text(SCRIPT)
    command = [sys.executable, '-m', 'mmavl.engine.processes', '--nproc-per-node', '2']
    subprocess.run([*command, tmp_path / 'sync.py', tmp_path], cwd=ROOT, check=True)
    own, synced = (
        [torch.load(tmp_path / f'{name}{rank}.pt') for rank in (0, 1)]
        for name in ('own', 'synced')
    )
    for name in ('0.running_mean', '0.running_var'):
        assert (own[0][name] - own[1][name]).abs().max() > 0.01
        torch.testing.assert_close(synced[0][name], (own[0][name] + own[1][name]) / 2)
        assert torch.equal(synced[0][name], synced[1][name])
    for rank in (0, 1):  # in evaluation mode, as it was
        assert synced[rank]['1.running_mean'].tolist() == [rank] * 3
