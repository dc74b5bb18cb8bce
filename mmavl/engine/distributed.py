"""Training in several processes, with and without CUDA."""

import atexit
import multiprocessing
import random
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
import torch.distributed as dist
from mmengine import Config
from torch.utils.data import DataLoader

from mmavl.engine.stop_signals import ignore_stop_signals, postponed_signals
from mmavl.errors import ConfigError
from mmavl.utils.shipped import tool_command


def prepare_launcher(cfg: Config, launcher: str) -> None:
    """Prepare a config for a launcher.

    mmengine's launchers require CUDA: they call ``torch.cuda.set_device`` and pass device ids
    to DistributedDataParallel. Without CUDA, this function creates a gloo process group, which
    mmengine then uses.

    Args:
        cfg (Config): Changed in place.
        launcher (str): 'none', 'pytorch', 'slurm' or 'mpi'.

    Raises:
        ConfigError: The launcher needs CUDA, but the machine does not have it.
    """
    cfg.launcher = launcher
    if launcher == 'none' or torch.cuda.is_available():
        return
    if launcher != 'pytorch':
        raise ConfigError(
            f'--launcher {launcher} needs CUDA; on machines without it start the processes with '
            f'`{tool_command("dist_train.sh")}` or `{tool_command("dist_test.sh")}`'
        )
    if not dist.is_initialized():
        dist.init_process_group('gloo')
        atexit.register(_leave_process_group)
    cfg.model_wrapper_cfg = {
        'type': 'MMDistributedDataParallel',
        'device_ids': None,
        'broadcast_buffers': False,  # as mmengine does with CUDA
        'find_unused_parameters': cfg.get('find_unused_parameters', False),
        **cfg.get('model_wrapper_cfg', {}),
    }


def _leave_process_group() -> None:
    """Destroy the process group before the interpreter exits; else gloo's threads abort it."""
    if dist.is_initialized():
        dist.destroy_process_group()


class GroupSafeLoader(DataLoader):
    """A data loader whose workers do not end when their whole process group is asked to stop.

    Schedulers and terminals send signals to the group; the training still needs its workers to
    finish the iteration, and ends them itself.
    """

    def __iter__(self) -> Any:
        """Start the workers; signals wait until these have called ``start_worker``."""
        with postponed_signals():
            return super().__iter__()


def start_worker(worker_id: int, then: Callable[[int], None] | None) -> None:
    """Prepare a worker of a ``GroupSafeLoader``.

    Args:
        worker_id (int): Index of the worker.
        then (Callable, optional): The loader's ``worker_init_fn``.
    """
    ignore_stop_signals()
    if then is not None:
        then(worker_id)


def seed_worker(worker_id: int, rank: int) -> None:
    """Seed a data loading process differently in each epoch, process and machine.

    mmengine seeds each worker equally in every epoch, so that a clip's augmentation repeats.
    PyTorch draws a new base seed at each epoch from the main process's generator, which
    ``RandomStateHook`` saves; this function adds the rank.

    Args:
        worker_id (int): Index of the worker, already part of ``torch.initial_seed()``.
        rank (int): Index of the training process.
    """
    sequence = np.random.SeedSequence((torch.initial_seed(), rank))
    for_torch, for_numpy, for_python = sequence.generate_state(3)
    torch.manual_seed(int(for_torch))
    np.random.seed(for_numpy)  # noqa: NPY002  transforms may draw from it
    random.seed(int(for_python))


@atexit.register
def _kill_leftover_workers() -> None:
    """Kill what PyTorch could not stop: Python would wait for a hanging worker forever."""
    for process in multiprocessing.active_children():
        if process.daemon:
            process.kill()
