import os
import socket

import torch
import torch.distributed as dist
import torch.multiprocessing as mp

from mmavl.utils.distributed import gather_cat, mean_over_ranks


def _work(rank, port, queue):
    os.environ.update(MASTER_ADDR='127.0.0.1', MASTER_PORT=str(port))
    dist.init_process_group('gloo', rank=rank, world_size=2)
    own = torch.full((rank + 1, 2), float(rank + 1), requires_grad=True)
    every = gather_cat(own)
    (every * torch.arange(1.0, 4.0)[:, None]).sum().backward()
    queue.put(
        (rank, every.detach().tolist(), own.grad.tolist(), mean_over_ranks(own.sum()).item())
    )
    dist.destroy_process_group()


def test_gathers_unequal_parts_with_gradients_summed_over_ranks():
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        port = probe.getsockname()[1]
    context = mp.get_context('spawn')
    queue = context.SimpleQueue()
    mp.spawn(_work, (port, queue), nprocs=2)
    results = {r[0]: r[1:] for r in (queue.get() for _ in range(2))}
    every = [[1.0, 1.0], [2.0, 2.0], [2.0, 2.0]]
    # both ranks weigh row k by k + 1, and the gradient is the sum over the two
    assert results[0] == (every, [[2.0, 2.0]], (2 + 8) / 2)
    assert results[1] == (every, [[4.0, 4.0], [6.0, 6.0]], (2 + 8) / 2)


def test_one_process_gets_its_own_tensor_back():
    tensor = torch.randn(2, 3)
    assert gather_cat(tensor) is tensor
