"""The runner behind tools/train.py and tools/test.py."""

import copy
import logging
from collections.abc import Callable
from functools import partial
from pickle import UnpicklingError
from typing import Any

from mmengine import Config
from mmengine.device import get_device
from mmengine.dist import get_rank
from mmengine.hooks import Hook
from mmengine.logging import MMLogger
from mmengine.model import is_model_wrapper
from mmengine.runner import BaseLoop, Runner
from torch import nn
from torch.utils.data import DataLoader

from mmavl.datasets.bad_samples import cause_line
from mmavl.datasets.readable import evaluated, keep_readable
from mmavl.engine.build_errors import built_from
from mmavl.engine.checkpoint import check_model_name, load_checkpoint, load_state
from mmavl.engine.distributed import GroupSafeLoader, seed_worker, start_worker
from mmavl.engine.loops import ResumableEpochLoop
from mmavl.engine.replaced_weights import without_replaced
from mmavl.engine.run_checks import check_batches, check_evaluation, check_training
from mmavl.engine.schedules import fit_schedule, lengths_of, restore_length
from mmavl.errors import CheckpointError
from mmavl.registry import DATASETS
from mmavl.utils.failures import error_line
from mmavl.utils.weights import without_sources
from mmavl.utils.zip_files import is_zip, zip_problem

# Errors of mmengine for a damaged or unsuitable file.
_NO_CHECKPOINT = (
    AttributeError, CheckpointError, EOFError, KeyError, RuntimeError, TypeError,
    UnpicklingError, ValueError,
)  # fmt: skip
_OTHER_FILE = '--resume without a file continues from the newest that is intact'
_MMENGINE_HOOKS = {
    'runtime_info', 'timer', 'sampler_seed', 'logger', 'param_scheduler', 'checkpoint',
}  # fmt: skip


class AVRunner(Runner):
    """mmengine's runner, with safe weight loading and exact resuming.

    - ``load_from`` and testing read only tensors. For testing all tensors must fit; training
      loads those that fit and logs the others. The config's ``load_without`` names parts of the
      model that training initialises anew.
    - ``by_epoch=True`` builds a ``ResumableEpochLoop``.
    - Workers get new seeds in each epoch.
    - The learning rate schedule follows ``max_epochs``, even if a resumed run raises it.
    - Models without parameters to train (random, NMF-MFCC, Grad-CAM) can also be tested in several
      processes.
    - ``None`` disables any of the default hooks.

    Resuming is mmengine's own and may execute code from the checkpoint: only resume your own
    files.
    """

    _strict = False

    @classmethod
    def from_cfg(cls, cfg: Config) -> 'AVRunner':
        """Build a runner from a config."""
        with built_from(cfg):
            return super().from_cfg(cfg)

    def train(self) -> nn.Module:
        """Train; hooks are told when it ends, in whatever way."""
        try:
            return super().train()
        finally:
            self.call_hook('when_train_ends')

    def test(self) -> dict:
        """Test, with weights of which all tensors must fit."""
        self._strict = True
        metrics = super().test()
        part = evaluated(self.test_dataloader.dataset)
        if part:
            causes = cause_line(part['missing'])
            self.logger.warning(
                f'evaluated {part["samples"]} of {part["of"]} samples; missing: {causes}'
            )
        return metrics

    def load_checkpoint(
        self,
        filename: str,
        map_location: str | Callable = 'cpu',
        strict: bool = False,
        revise_keys: list = [(r'^module.', '')],  # noqa: B006  the parent's signature
    ) -> dict[str, Any]:
        """Load weights; called by mmengine for ``load_from``, testing and resuming."""
        model = self._bare_model
        if self._resume:
            checkpoint = super().load_checkpoint(filename, map_location, strict, revise_keys)
            check_model_name(model, checkpoint, 'it')
            load_state(model, checkpoint['state_dict'], 'it', strict=True)
            return checkpoint
        checkpoint = load_checkpoint(filename)
        self.call_hook('after_load_checkpoint', checkpoint=checkpoint)
        strict = strict or self._strict
        if strict:
            check_model_name(model, checkpoint, filename)
        without = () if strict else self.cfg.get('load_without', ())
        differences = load_state(model, checkpoint['state_dict'], filename, strict, without)
        self._has_loaded = True
        self.logger.info('\n'.join([f'Loaded weights from {filename}.', *differences]))
        return checkpoint

    def load_or_resume(self) -> None:
        """Load weights or resume; then check that the model fits the data and the metrics."""
        super().load_or_resume()
        if isinstance(self._train_loop, BaseLoop):
            check_training(self._bare_model, self._train_loop.dataloader)
        for loop in (self._val_loop, self._test_loop):
            if isinstance(loop, BaseLoop):
                check_evaluation(self._bare_model, loop.dataloader, loop.evaluator)

    def save_checkpoint(self, *args, meta: dict | None = None, **kwargs) -> None:
        """Save a checkpoint, with the name of the model's class."""
        meta = {**(meta or {}), 'model': type(self._bare_model).__name__}
        super().save_checkpoint(*args, meta=meta, **kwargs)

    @property
    def _bare_model(self) -> nn.Module:
        return self.model.module if is_model_wrapper(self.model) else self.model

    def build_logger(self, *args: Any, **kwargs: Any) -> MMLogger:
        """Build the logger; its file and the terminal accept any bytes in names, in any locale."""
        logger = super().build_logger(*args, **kwargs)
        for handler in logger.handlers:
            encoding = 'utf-8' if isinstance(handler, logging.FileHandler) else None
            if hasattr(handler.stream, 'reconfigure'):
                handler.stream.reconfigure(encoding=encoding, errors='backslashreplace')
        return logger

    def build_param_scheduler(self, scheduler: Any) -> list | dict[str, list]:
        """Build the schedules; unless set otherwise, they are as long as the training."""
        return super().build_param_scheduler(
            fit_schedule(scheduler, self.max_epochs, self.max_iters)
        )

    def resume(self, filename: str, *args, **kwargs) -> None:
        """Resume; a schedule has its length from the config, its state from the checkpoint."""
        problem = zip_problem(filename) if is_zip(filename) else ''
        if problem:
            raise CheckpointError(f'{filename} {problem}. {_OTHER_FILE}')
        built = lengths_of(self.param_schedulers)
        try:
            super().resume(filename, *args, **kwargs)
        except _NO_CHECKPOINT as error:
            reason = error_line(error).partition('\\n')[0]
            raise CheckpointError(
                f'{filename} cannot be resumed ({reason}): use a checkpoint of this '
                f'training; --cfg-options load_from=FILE loads only weights. {_OTHER_FILE}'
            ) from error
        for schedule, length in built:
            restore_length(schedule, length)

    def build_model(self, model: nn.Module | dict) -> nn.Module:
        """Build the model; weights that a checkpoint replaces are not downloaded."""
        if not self._load_from or not isinstance(model, dict):
            return super().build_model(model)
        state = None if self._resume else load_checkpoint(self._load_from)['state_dict']
        return super().build_model(
            without_replaced(model, state, self.cfg.get('load_without', ()), super().build_model)
        )

    def wrap_model(self, model_wrapper_cfg: dict | None, model: nn.Module) -> nn.Module:
        """Wrap a model for several processes, unless it has no parameters to train."""
        if not any(parameter.requires_grad for parameter in model.parameters()):
            return model.to(get_device())
        return super().wrap_model(model_wrapper_cfg, model)

    def register_default_hooks(self, hooks: dict[str, Hook | dict | None] | None = None) -> None:
        """Register ``default_hooks``; mmengine accepts ``None`` only for its own hooks."""
        chosen = {k: v for k, v in (hooks or {}).items() if v is not None or k in _MMENGINE_HOOKS}
        super().register_default_hooks(chosen)

    def build_train_loop(self, loop: BaseLoop | dict) -> BaseLoop:
        """Build the training loop of ``train_cfg``."""
        if isinstance(loop, dict) and loop.get('by_epoch'):
            loop = {k: v for k, v in loop.items() if k != 'by_epoch'}
            loop['type'] = ResumableEpochLoop
        return super().build_train_loop(loop)

    @staticmethod
    def build_dataloader(
        dataloader: DataLoader | dict, seed: int | None = None, diff_rank_seed: bool = False
    ) -> DataLoader:
        """Build a data loader whose workers draw different numbers in each epoch.

        A dataset whose items are no single samples names what makes batches of them: ``collate``.

        With ``allow_missing=True``, samples that cannot be read are left out.

        Raises:
            ValueError: It has no batches, since a batch is larger than the dataset, or a
                ``collate_fn`` besides the dataset's own.
        """
        if isinstance(dataloader, dict):
            dataloader = copy.deepcopy(dataloader)
            allow_missing = dataloader.pop('allow_missing', False)
            dataloader.setdefault('worker_init_fn', {'type': seed_worker, 'rank': get_rank()})
        with built_from(dataloader):
            if isinstance(dataloader, dict):
                _set_collate(dataloader)
                if allow_missing:
                    dataloader['dataset'] = DATASETS.build(dataloader['dataset'])
                    keep_readable(dataloader['dataset'], dataloader.get('num_workers', 0))
            loader = Runner.build_dataloader(dataloader, seed, diff_rank_seed)
            if type(loader) is DataLoader:  # which mmengine builds
                loader.__class__ = GroupSafeLoader
                loader.worker_init_fn = partial(start_worker, then=loader.worker_init_fn)
            check_batches(loader)
        return loader


def _set_collate(loader: dict) -> None:
    collate = _own_collate(loader.get('dataset'))
    if collate is None:
        return
    if 'collate_fn' in loader:
        raise ValueError(f'{collate.__qualname__} makes its batches: remove collate_fn')
    loader['collate_fn'] = collate


def _own_collate(dataset: Any) -> Callable | None:
    """What makes batches of a dataset's items: ``collate`` of its class, or of one it wraps."""
    if not isinstance(dataset, dict):
        return getattr(dataset, 'collate', None)
    kind = dataset.get('type')
    named = getattr(DATASETS.get(kind) if isinstance(kind, str) else kind, 'collate', None)
    inner = [dataset.get('dataset'), *dataset.get('datasets', ())]
    return named or next(filter(None, map(_own_collate, inner)), None)


class CheckpointRunner(AVRunner):
    """A runner for a model whose weights all come from a checkpoint."""

    def build_model(self, model: nn.Module | dict) -> nn.Module:
        """Build the model; no part downloads or reads weights itself."""
        return Runner.build_model(self, without_sources(model))
