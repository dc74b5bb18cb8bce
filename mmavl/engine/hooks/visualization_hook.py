"""Pictures while training, and the pictures and the report of a test."""

import os
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from mmengine.dist import collect_results, get_world_size, is_main_process, master_only
from mmengine.hooks import Hook
from mmengine.runner import Runner

from mmavl.errors import ConfigError, DataError
from mmavl.evaluation.metrics import LocalizationMetric
from mmavl.registry import HOOKS
from mmavl.structures import AVDataSample
from mmavl.visualization import AVVisualizer, contact_sheet
from mmavl.visualization.drawing import safe_name, write_jpeg, write_png
from mmavl.visualization.html_report import write_report
from mmavl.visualization.media import load_frame
from mmavl.visualization.run_record import FOLDER, describe, read_run, write_record


@HOOKS.register_module()
class VisualizationHook(Hook):
    """Draw a few validation clips after each epoch; after a test, its contact sheet and report.

    The validation clips are the same in every epoch, evenly spread over the split, and go to the
    visualizer's backends. A test leaves in ``show_dir`` the contact sheet of clips evenly spread
    over the split, the best and the worst clips of each level by their cIoU under the first
    protocol, and ``report.html``; and in the work directory the record from which
    ``tools/analysis/report.py`` joins several runs. Frames and sounds are read from their files,
    so that cached features do not matter. A file that cannot be read costs its picture only.

    Args:
        num_val (int): Validation clips per epoch. Defaults to 4.
        num_sheet (int): Clips on a test's contact sheet. Defaults to 12.
        num_cases (int): Best and worst clips of each level. Defaults to 3.
        show_dir (str, optional): Where a test's pictures go. Defaults to
            ``results/<split>`` in the work directory.
    """

    priority = 'VERY_LOW'
    visualizer_type: type[AVVisualizer] = AVVisualizer

    def __init__(
        self,
        num_val: int = 4,
        num_sheet: int = 12,
        num_cases: int = 3,
        show_dir: str | None = None,
    ) -> None:
        self.num_val = num_val
        self.num_sheet = num_sheet
        self.num_cases = num_cases
        self.show_dir = show_dir
        self._tested: list[AVDataSample] = []
        self._seen = 0
        self._record: dict[str, Any] = {}

    def before_run(self, runner: Runner) -> None:
        """Check that there is something to draw with.

        Raises:
            ConfigError: The config has another visualizer.
        """
        wanted = self.visualizer_type
        if not isinstance(runner.visualizer, wanted):
            raise ConfigError(
                f"{type(self).__name__} draws with visualizer=dict(type='{wanted.__name__}'), not "
                f'with {type(runner.visualizer).__name__}'
            )

    # --------------------------------------------------------------------- training

    def before_train(self, runner: Runner) -> None:
        """Record command, settings and machine."""
        self._record = describe(runner.cfg)
        self._write_record(runner, 'train', self._record)

    def after_train(self, runner: Runner) -> None:
        """Record that training came to its end, and when."""
        finished = datetime.now().isoformat(timespec='seconds')
        self._write_record(runner, 'train', {**self._record, 'finished': finished})

    def before_val_epoch(self, runner: Runner) -> None:
        """Count the clips anew."""
        self._seen = 0

    def after_val_iter(
        self,
        runner: Runner,
        batch_idx: int,
        data_batch: dict | None = None,
        outputs: Sequence[AVDataSample] | None = None,
    ) -> None:
        """Draw those of the batch that are among the chosen."""
        # the main process draws, from its own share of the split
        count = -(-len(runner.val_dataloader.dataset) // get_world_size())
        chosen = set(spread(count, self.num_val))
        add = runner.visualizer.add_datasample
        for sample in outputs if is_main_process() else ():
            if self._seen in chosen:
                name = f'val_{self._seen:05d}_{safe_name(sample.clip_id)}'
                self._try(runner, add, sample, name, step=_epoch(runner))
            self._seen += 1

    # ---------------------------------------------------------------------- testing

    def before_test_epoch(self, runner: Runner) -> None:
        """Begin to keep predictions."""
        self._tested = []
        self._record = describe(runner.cfg)

    def after_test_iter(
        self,
        runner: Runner,
        batch_idx: int,
        data_batch: dict | None = None,
        outputs: Sequence[AVDataSample] | None = None,
    ) -> None:
        """Keep the predictions of the batch; the cases are known at the end."""
        self._tested += [sample.cpu() for sample in outputs]

    def after_test_epoch(self, runner: Runner, metrics: dict[str, float] | None = None) -> None:
        """Draw the contact sheet and the cases, and write record and report."""
        dataset = runner.test_dataloader.dataset
        samples = collect_results(self._tested, len(dataset), 'cpu')
        self._tested = []
        if samples is None:
            return
        split = dataset.metainfo.get('split', 'test')
        out = Path(self.show_dir or Path(runner.work_dir, FOLDER, split))
        rows = self._rows(runner, samples)
        title = f'{Path(runner.work_dir).name}: {len(rows)} of {len(samples)} clips of {split}'
        if rows:
            write_jpeg(out / 'contact_sheet.jpg', contact_sheet(rows, title=title))
        protocol, scores = _scores(runner)
        record = {
            **self._record,
            'protocol': protocol,
            'metrics': {k: float(v) for k, v in (metrics or {}).items() if np.isscalar(v)},
            'cases': self._cases(runner, samples, protocol, scores, out / split),
        }
        self._write_record(runner, split, record)
        run = read_run(runner.work_dir)
        write_report([run], out / 'report.html')
        runner.logger.info(f'Pictures and report: {out / "report.html"}')

    @staticmethod
    @master_only
    def _write_record(runner: Runner, name: str, record: dict[str, Any]) -> None:
        write_record(Path(runner.work_dir, FOLDER, f'{name}.json'), record)

    def _rows(self, runner: Runner, samples: Sequence[AVDataSample]) -> list[np.ndarray]:
        draw = runner.visualizer.draw
        chosen = [samples[index] for index in spread(len(samples), self.num_sheet)]
        rows = [self._try(runner, draw, sample, legend=False) for sample in chosen]
        return [row for row in rows if row is not None]

    def _cases(
        self,
        runner: Runner,
        samples: Sequence[AVDataSample],
        protocol: str,
        scores: Sequence[dict[str, Any]],
        stem: Path,
    ) -> list[dict[str, Any]]:
        """Draw the best and worst clips, and say what is on the pictures."""
        by_identity = {(s.clip_id, s.get('frame_index') or 0): s for s in samples}
        cases = []
        for kind, rank, score in best_and_worst(scores, self.num_cases):
            clip, frame, level = score['clip_id'], score['frame_index'], score['level']
            file = stem.with_name(f'{stem.name}_level{level}_{kind}_{rank}.png')
            caption = f'level {level}, cIoU {score["ciou"]:.2f} ({protocol})'
            sample = by_identity[clip, frame]
            drawn = self._try(runner, runner.visualizer.draw, sample, caption=caption)
            if drawn is not None:
                write_png(file, drawn)
                picture = Path(os.path.relpath(file, runner.work_dir)).as_posix()
                kept = {key: score[key] for key in ('clip_id', 'level', 'ciou')}
                cases.append({**kept, 'kind': kind, 'picture': picture})
        return cases

    def _try(self, runner: Runner, draw: Callable, sample: AVDataSample, *names, **options):
        """Draw a clip from its files; None, and a warning, where they cannot be read."""
        try:
            return draw(*names, self._image(sample), sample, **options)
        except DataError as error:
            runner.logger.warning(f'No picture of clip {sample.clip_id!r}: {error}')
            return None

    def _image(self, sample: AVDataSample) -> np.ndarray:
        """What the visualizer draws a sample over."""
        return load_frame(sample.metainfo)


def _scores(runner: Runner) -> tuple[str, list[dict[str, Any]]]:
    """The first protocol of the localization metric, and its records; none without the metric."""
    for metric in runner.test_loop.evaluator.metrics:
        if isinstance(metric, LocalizationMetric):
            return metric.protocols[0], metric.per_sample
    return '', []


def best_and_worst(
    scores: Sequence[dict[str, Any]], count: int
) -> list[tuple[str, int, dict[str, Any]]]:
    """Choose clips by their cIoU, level by level; no clip twice.

    Args:
        scores (Sequence[dict]): Records with ``level``, ``ciou`` (None: left out), ``pointing``
            and ``clip_id``.
        count (int): How many of each kind at most.

    Returns:
        list[tuple]: 'best' or 'worst', the rank from 1 on, and the record.
    """
    chosen = []
    evaluated = [score for score in scores if score['ciou'] is not None]
    for level in sorted({score['level'] for score in evaluated}):
        ranked = sorted(
            (score for score in evaluated if score['level'] == level),
            key=lambda score: (-score['ciou'], -score['pointing'], score['clip_id']),
        )
        best = ranked[: min(count, (len(ranked) + 1) // 2)]
        worst = ranked[len(best) :][::-1][:count]
        chosen += [('best', rank, score) for rank, score in enumerate(best, start=1)]
        chosen += [('worst', rank, score) for rank, score in enumerate(worst, start=1)]
    return chosen


def spread(total: int, count: int) -> list[int]:
    """Up to ``count`` indices of ``range(total)``, evenly spread."""
    count = min(total, count)
    return [(2 * i + 1) * total // (2 * count) for i in range(count)]


def _epoch(runner: Runner) -> int:
    """Epochs trained so far; 0 where only validation runs."""
    # asking a runner that does not train for its epoch would build the training loop
    if runner._train_loop is None or isinstance(runner._train_loop, dict):
        return 0
    return runner.epoch
