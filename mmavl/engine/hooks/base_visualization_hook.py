"""The base class of hooks that draw predictions."""

import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, cast

import numpy as np
from mmengine.dataset import BaseDataset
from mmengine.dist import get_world_size, is_main_process, master_only
from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmengine.visualization import Visualizer

from mmavl.datasets.bad_samples import bad_samples_file, by_cause, read_bad_samples
from mmavl.datasets.readable import evaluated
from mmavl.errors import ConfigError
from mmavl.reports.run_record import FOLDER, describe, write_record
from mmavl.structures import AVDataSample
from mmavl.utils.failures import ends_run, error_line
from mmavl.utils.file_names import safe_name


class BaseVisualizationHook(Hook, ABC):
    """Draw a few validation samples after each epoch, and record runs and their results.

    The validation samples are the same in each epoch, evenly spread over the split, and go to the
    visualizer's backends. Subclasses define the files of a test.

    Args:
        num_val (int): Validation samples per epoch.
        num_sheet (int): Evenly spread samples of a test.
        num_cases (int): Number of best, and of worst, samples of a test.
        show_dir (str, optional): Folder for the files of a test. None: ``results/<split>`` in
            the work directory.

    Attributes:
        visualizer_type (type): The visualizer that it needs.
    """

    priority = 'VERY_LOW'
    visualizer_type: type[Visualizer]

    def __init__(self, num_val: int, num_sheet: int, num_cases: int, show_dir: str | None) -> None:
        self.num_val = num_val
        self.num_sheet = num_sheet
        self.num_cases = num_cases
        self.show_dir = show_dir
        self._seen = 0
        self._record: dict[str, Any] = {}

    def before_run(self, runner: Runner) -> None:
        """Check that the config has the right visualizer.

        Raises:
            ConfigError: The config has another visualizer.
        """
        wanted = self.visualizer_type
        if not isinstance(runner.visualizer, wanted):
            raise ConfigError(
                f"{type(self).__name__} needs visualizer=dict(type='{wanted.__name__}'), not "
                f'{type(runner.visualizer).__name__}'
            )

    def before_train(self, runner: Runner) -> None:
        """Record command, settings and machine."""
        self._record = describe(runner.cfg)
        self._write_train(runner)

    def after_train(self, runner: Runner) -> None:
        """Record the end of training, and its time."""
        self._record['finished'] = datetime.now().isoformat(timespec='seconds')

    def when_train_ends(self, runner: Runner) -> None:
        """Record the samples that could not be read, also if an error ends the training."""
        if self._record:
            self._write_train(runner)

    def _write_train(self, runner: Runner) -> None:
        bad = by_cause(read_bad_samples(bad_samples_file(runner.work_dir)))
        record = {**self._record, 'bad_samples': bad} if bad else self._record
        self._write_record(runner, 'train', record)

    def before_val_epoch(self, runner: Runner) -> None:
        """Reset the count of samples."""
        self._seen = 0

    def after_val_iter(
        self,
        runner: Runner,
        batch_idx: int,
        data_batch: dict | None = None,
        outputs: Sequence[AVDataSample] | None = None,
    ) -> None:
        """Draw the samples of the batch that were selected."""
        chosen = chosen_here(runner.val_dataloader.dataset, self.num_val)
        add = runner.visualizer.add_datasample
        for sample in outputs or ():
            if self._seen in chosen:
                name = f'val_{self._seen:05d}_{safe_name(sample.clip_id)}'
                self._try(runner, add, sample, name, step=_epoch(runner))
            self._seen += 1

    def before_test_epoch(self, runner: Runner) -> None:
        """Start a record."""
        self._seen = 0
        self._record = describe(runner.cfg)

    def _place(self, runner: Runner) -> tuple[str, Path]:
        """The tested split, and the folder for its files."""
        # a manifest may be untrusted, and the name of its split becomes a file name
        split = safe_name(str(runner.test_dataloader.dataset.metainfo.get('split', 'test')))
        return split, Path(self.show_dir or Path(runner.work_dir, FOLDER, split))

    def _write_test(
        self, runner: Runner, split: str, protocol: str, metrics: dict | None, **parts: Any
    ) -> None:
        """Write the record of a test."""
        numbers = {k: float(cast(float, v)) for k, v in (metrics or {}).items() if np.isscalar(v)}
        dataset = runner.test_dataloader.dataset.metainfo.get('dataset')
        record = {**self._record, 'dataset': dataset, 'protocol': protocol, 'metrics': numbers}
        part = evaluated(runner.test_dataloader.dataset)
        record |= {**parts, 'evaluated': part} if part else parts
        self._write_record(runner, split, record)

    @staticmethod
    @master_only
    def _write_record(runner: Runner, name: str, record: dict[str, Any]) -> None:
        write_record(Path(runner.work_dir, FOLDER, f'{name}.json'), record)

    def _try(self, runner: Runner, draw: Callable, sample: AVDataSample, *names, **options):
        """Draw a sample from its files; if that fails, warn and return None."""
        with self._contained(runner, sample):
            return draw(*names, self._image(sample), sample, **options)

    @staticmethod
    @contextmanager
    def _contained(runner: Runner, sample: AVDataSample) -> Iterator[None]:
        """Warn about errors in a sample's picture; only a full disk ends the run."""
        try:
            yield
        except Exception as error:
            if ends_run(error):
                raise
            runner.logger.warning(f'No picture of clip {sample.clip_id!r}: {error_line(error)}')

    @abstractmethod
    def _image(self, sample: AVDataSample) -> Any:
        """The image over which the visualizer draws a sample."""


def spread(total: int, count: int) -> list[int]:
    """Up to ``count`` indices of ``range(total)``, evenly spread."""
    count = min(total, count)
    return [(2 * i + 1) * total // (2 * count) for i in range(count)]


def chosen_here(dataset: BaseDataset, count: int) -> set[int]:
    """The samples to draw: the main process draws those in its own share of the split."""
    share = -(-len(dataset) // get_world_size())
    return set(spread(share, count)) if is_main_process() else set()


def both_ends(ranked: Sequence, count: int) -> dict[str, Sequence]:
    """The best and the worst samples, worst first, at most ``count`` each, without overlap."""
    best = ranked[: min(count, (len(ranked) + 1) // 2)]
    return {'best': best, 'worst': ranked[len(best) :][::-1][:count]}


def relative(file: Path, runner: Runner) -> str:
    """A file's path in records: relative to the work directory."""
    return Path(os.path.relpath(file, runner.work_dir)).as_posix()


def _epoch(runner: Runner) -> int:
    """Epochs trained so far; 0 in validation-only runs."""
    # reading the epoch of a runner that does not train would build the training loop
    if runner._train_loop is None or isinstance(runner._train_loop, dict):
        return 0
    return runner.epoch
