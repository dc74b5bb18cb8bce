"""Pictures during training, and the pictures and report of a test."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from mmengine.dist import collect_results
from mmengine.runner import Runner

from mmavl.evaluation.metrics import LocalizationMetric
from mmavl.registry import HOOKS
from mmavl.reports.html_report import write_report
from mmavl.reports.run_record import read_run
from mmavl.structures import AVDataSample
from mmavl.visualization import AVVisualizer, contact_sheet
from mmavl.visualization.drawing import write_jpeg, write_png
from mmavl.visualization.media import load_frame

from .base_visualization_hook import BaseVisualizationHook, both_ends, relative, spread


@HOOKS.register_module()
class VisualizationHook(BaseVisualizationHook):
    """Draw a few validation clips after each epoch; after a test, a contact sheet and a report.

    The validation clips are the same in each epoch, evenly spread over the split, and go to the
    visualizer's backends. A test writes to ``show_dir`` a contact sheet of clips evenly spread
    over the split, the best and worst clips of each level by cIoU under the first
    protocol, and ``report.html``; and to the work directory the record from which
    ``tools/analysis/report.py`` combines several runs. Frames and sounds are read from their
    files, so cached features do not matter. An unreadable file costs only its picture.

    Args:
        num_val (int): Validation clips per epoch. Defaults to 4.
        num_sheet (int): Clips on a test's contact sheet. Defaults to 12.
        num_cases (int): Number of best, and of worst, clips of each level. Defaults to 3.
        show_dir (str, optional): Folder for a test's pictures. Defaults to
            ``results/<split>`` in the work directory.
    """

    visualizer_type = AVVisualizer

    def __init__(
        self,
        num_val: int = 4,
        num_sheet: int = 12,
        num_cases: int = 3,
        show_dir: str | None = None,
    ) -> None:
        super().__init__(num_val, num_sheet, num_cases, show_dir)
        self._tested: list[AVDataSample] = []

    def before_test_epoch(self, runner: Runner) -> None:
        """Start to keep predictions."""
        super().before_test_epoch(runner)
        self._tested = []

    def after_test_iter(
        self,
        runner: Runner,
        batch_idx: int,
        data_batch: dict | None = None,
        outputs: Sequence[AVDataSample] | None = None,
    ) -> None:
        """Keep the predictions of the batch; the cases are selected at the end."""
        self._tested += [sample.cpu() for sample in outputs or ()]

    def after_test_epoch(self, runner: Runner, metrics: dict[str, float] | None = None) -> None:
        """Draw the contact sheet and the cases, and write the record and the report."""
        samples = collect_results(self._tested, len(runner.test_dataloader.dataset), 'cpu')
        self._tested = []
        if samples is None:
            return
        split, out = self._place(runner)
        rows = self._rows(runner, samples)
        title = f'{Path(runner.work_dir).name}: {len(rows)} of {len(samples)} clips of {split}'
        if rows:
            write_jpeg(out / 'contact_sheet.jpg', contact_sheet(rows, title=title))
        protocol, scores = _scores(runner)
        cases = self._cases(runner, samples, protocol, scores, out / split)
        self._write_test(runner, split, protocol, metrics, cases=cases)
        run = read_run(runner.work_dir)
        write_report([run], out / 'report.html')
        runner.logger.info(f'Pictures and report: {out / "report.html"}')

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
        """Draw the best and worst clips; returns their entries in the record."""
        by_identity = {(s.clip_id, s.get('frame_index') or 0): s for s in samples}
        cases = []
        for kind, rank, score in best_and_worst(scores, self.num_cases):
            clip, frame, level = score['clip_id'], score['frame_index'], score['level']
            file = stem.with_name(f'{stem.name}_level{level}_{kind}_{rank}.png')
            caption = f'level {level}, cIoU {score["ciou"]:.2f} ({protocol})'
            sample = by_identity[clip, frame]
            with self._contained(runner, sample):
                drawn = runner.visualizer.draw(self._image(sample), sample, caption=caption)
                write_png(file, drawn)
                kept = {key: score[key] for key in ('clip_id', 'level', 'ciou')}
                cases.append({**kept, 'kind': kind, 'picture': relative(file, runner)})
        return cases

    def _image(self, sample: AVDataSample) -> np.ndarray:
        return load_frame(sample.metainfo)


def _scores(runner: Runner) -> tuple[str, list[dict[str, Any]]]:
    """The first protocol of the localization metric and its records; empty without the metric."""
    for metric in runner.test_loop.evaluator.metrics:
        if isinstance(metric, LocalizationMetric):
            return metric.protocols[0], metric.per_sample
    return '', []


def best_and_worst(
    scores: Sequence[dict[str, Any]], count: int
) -> list[tuple[str, int, dict[str, Any]]]:
    """Select clips by cIoU for each level; no clip twice.

    Args:
        scores (Sequence[dict]): Records with ``level``, ``ciou`` (None: skipped), ``pointing``
            and ``clip_id``.
        count (int): Maximum number of each kind.

    Returns:
        list[tuple]: 'best' or 'worst', the rank (from 1), and the record.
    """
    chosen = []
    evaluated = [score for score in scores if score['ciou'] is not None]
    for level in sorted({score['level'] for score in evaluated}):
        ranked = sorted(
            (score for score in evaluated if score['level'] == level),
            key=lambda score: (-score['ciou'], -score['pointing'], score['clip_id']),
        )
        for kind, part in both_ends(ranked, count).items():
            chosen += [(kind, rank, score) for rank, score in enumerate(part, start=1)]
    return chosen
