"""Checkpoints that survive a killed process, a power failure and a full disk."""

import difflib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from mmengine.dist import is_main_process
from mmengine.hooks import CheckpointHook

import mmavl.engine.atomic_backend  # noqa: F401  registers the backend 'atomic'
from mmavl.engine.run_checkpoints import INTERRUPTED, POINTER, RUN_KEY
from mmavl.errors import ConfigError
from mmavl.evaluation.best_score import main_score, rule_of
from mmavl.registry import HOOKS
from mmavl.utils.files import atomic_write, remove_leftovers


@HOOKS.register_module()
class AtomicCheckpointHook(CheckpointHook):
    """Save checkpoints so that a complete one exists at any time.

    mmengine writes in place, and deletes the oldest checkpoint before the new one is safe. Here,
    the file gets its name once it is complete, and deletions follow. Before each save,
    all processes call ``before_gather_checkpoint``, so that hooks can collect the state of
    each process.

    ``save_best`` accepts only scores with a known ``rule``; 'auto' is the first available of the
    mean cIoU over levels, the SDR of separation and the mAP of tags.

    Args:
        **kwargs: Arguments of mmengine's ``CheckpointHook``, without ``backend_args``.

    Raises:
        ValueError: ``save_best`` is a count, or a metric whose rule is neither known nor given.
        ConfigError: (After an evaluation.) It has no such metric.
    """

    def __init__(self, **kwargs) -> None:
        super().__init__(backend_args={'backend': 'atomic'}, **kwargs)
        self._obsolete: list[int] = []

    def before_train(self, runner) -> None:
        """Name a new run, and clean up what killed processes left behind."""
        super().before_train(runner)
        known = runner.message_hub.runtime_info
        if runner.iter == 0 or RUN_KEY not in known:
            runner.message_hub.update_info(RUN_KEY, uuid4().hex)
        self._find_best(runner)
        if is_main_process():
            freed = sum(map(remove_leftovers, {str(runner.work_dir), str(self.out_dir)}))
            if freed:
                runner.logger.info(f'Deleted {freed / 1e6:.1f} MB of incomplete files.')

    def _find_best(self, runner) -> None:
        """Look for the best checkpoint in this folder: the run's may be a copy."""
        for key, value in list(runner.message_hub.runtime_info.items()):
            if key.startswith('best_ckpt') and value:
                runner.message_hub.update_info(key, str(Path(self.out_dir, Path(value).name)))
        if self.save_best is None:
            return
        if len(self.key_indicators) == 1:
            self.best_ckpt_path = runner.message_hub.get_info('best_ckpt')
        else:
            for key in self.key_indicators:
                self.best_ckpt_path_dict[key] = runner.message_hub.get_info(f'best_ckpt_{key}')

    def before_save_checkpoint(self, runner, checkpoint: dict) -> None:
        """Note what is still to be deleted, and remove functions from the states of schedulers.

        A run that is killed between a save and the deletion of an older checkpoint then deletes it
        when it is resumed. OneCycleLR stores a function, which its constructor creates anyway;
        with it, the file could not be read as tensors and plain data only.
        """
        info = checkpoint['message_hub']['runtime_info']
        if self._obsolete and 'keep_ckpt_ids' in info:
            info['keep_ckpt_ids'] = [*self._obsolete, *info['keep_ckpt_ids']]
        states = checkpoint.get('param_schedulers', [])
        for group in states.values() if isinstance(states, dict) else [states]:
            for state in group:
                for name in [name for name, value in state.items() if callable(value)]:
                    del state[name]

    def save_now(self, runner, epoch: int, iteration: int) -> Path:
        """Save a checkpoint outside the regular interval.

        Args:
            runner (Runner): The runner.
            epoch (int): Completed epochs.
            iteration (int): Completed iterations.

        Returns:
            Path: The checkpoint, from which ``--resume`` will continue.
        """
        runner.call_hook('before_gather_checkpoint')
        runner.save_checkpoint(
            self.out_dir,
            INTERRUPTED,
            save_optimizer=self.save_optimizer,
            save_param_scheduler=self.save_param_scheduler,
            meta={'epoch': epoch, 'iter': iteration},
            backend_args=self.backend_args,
        )
        path = Path(self.out_dir, INTERRUPTED)
        if is_main_process():
            with atomic_write(Path(runner.work_dir, POINTER)) as file:
                file.write(str(path))
        return path

    def _save_checkpoint_with_step(self, runner, step: int, meta: dict) -> None:
        runner.call_hook('before_gather_checkpoint')
        kept = list(self.keep_ckpt_ids) if self.max_keep_ckpts > 0 else []
        if len(kept) == self.max_keep_ckpts and step not in kept:
            self._obsolete = kept[:1]
        with self._deletions_last():
            super()._save_checkpoint_with_step(runner, step, meta)
        self._obsolete = []
        if is_main_process():
            Path(self.out_dir, INTERRUPTED).unlink(missing_ok=True)

    def _save_best_checkpoint(self, runner, metrics: dict) -> None:
        if not self.save_best:
            return
        if 'auto' in self.key_indicators:
            self._init_rule(self.rules, [self._choose_score(metrics)])
        for key in self.key_indicators:
            if key not in metrics:
                close = difflib.get_close_matches(key, metrics, n=1, cutoff=0.5)
                hint = f'; did you mean {close[0]!r}?' if close else ''
                raise ConfigError(f'save_best: the evaluation has no metric {key!r}{hint}')
        with self._deletions_last():
            super()._save_best_checkpoint(runner, metrics)

    def _choose_score(self, metrics: dict) -> str:
        chosen = main_score(metrics)
        if chosen is None:  # other toolkits' metrics: by name, as in mmengine
            likely = [key.lower() for key in self.greater_keys]
            chosen = next((k for k in metrics if any(word in k.lower() for word in likely)), None)
        if chosen is None:
            raise ConfigError(
                f"save_best='auto' recognises no metric of {', '.join(metrics)}: name one, "
                "with rule='greater' or 'less'"
            )
        return chosen

    def _init_rule(self, rules: Sequence[str | None], key_indicators: Sequence[str]) -> None:
        if len(rules) == 1:
            rules = list(rules) * len(key_indicators)
        known = [None if key == 'auto' else rule_of(key) for key in key_indicators]
        super()._init_rule([given or rule for given, rule in zip(rules, known)], key_indicators)

    @contextmanager
    def _deletions_last(self) -> Iterator[None]:
        """Postpone deletions until the block succeeds, and keep the files that it wrote."""
        obsolete: list[str] = []
        remove = self.file_backend.remove
        self.file_backend.remove = obsolete.append
        try:
            yield
        finally:
            self.file_backend.remove = remove
        best = getattr(self, 'best_ckpt_path_dict', {}).values()
        written = {self.last_ckpt, getattr(self, 'best_ckpt_path', None), *best}
        for path in set(obsolete) - written:
            remove(path)
