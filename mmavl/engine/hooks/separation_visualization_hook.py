"""Pictures, sounds and a page of a separation test."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from mmengine.dist import gather_object
from mmengine.runner import Runner

from mmavl.evaluation.metrics import SeparationMetric
from mmavl.evaluation.separation import MixtureScores
from mmavl.registry import HOOKS
from mmavl.reports.run_record import read_run
from mmavl.reports.separation_report import write_listening_page
from mmavl.structures import AVDataSample
from mmavl.utils.file_names import safe_name
from mmavl.visualization import SeparationVisualizer
from mmavl.visualization.drawing import write_png
from mmavl.visualization.media import load_frame, write_wav

from .base_visualization_hook import BaseVisualizationHook, both_ends, chosen_here, relative

_PEAK = 0.9


@dataclass
class _Kept:
    """A mixture with its scores; these are None without a :class:`SeparationMetric`."""

    sample: AVDataSample
    scores: MixtureScores | None

    @property
    def sdr(self) -> float | None:
        """Mean over the sources; None if it was not evaluated."""
        if self.scores is None or not self.scores.evaluated('model'):
            return None
        return self.scores.mean('model', 'sdr')


@HOOKS.register_module()
class SeparationVisualizationHook(BaseVisualizationHook):
    """Draw a few validation mixtures after each epoch; after a test, write pictures and sounds.

    For mixtures evenly spread over the test split, and for the best and worst by SDR, it
    writes to ``show_dir`` a picture ``<split>_<kind>_<rank>.png`` and a folder of that name with
    ``mixture.wav``, ``estimate_1_<class>.wav`` and ``reference_1_<class>.wav``, ...; and
    ``listen.html``, which plays them next to the pictures. All sounds of a mixture are scaled
    by the same factor, to a peak of 0.9. The record of the run is written to the work directory.
    Only mixtures that may be shown are kept in memory.

    Args:
        num_val (int): Validation mixtures per epoch. Defaults to 2.
        num_sheet (int): Evenly spread mixtures of a test. Defaults to 4.
        num_cases (int): Number of best, and of worst, mixtures. Defaults to 4.
        show_dir (str, optional): Folder for the files of a test. Defaults to
            ``results/<split>`` in the work directory.
    """

    visualizer_type = SeparationVisualizer

    def __init__(
        self,
        num_val: int = 2,
        num_sheet: int = 4,
        num_cases: int = 4,
        show_dir: str | None = None,
    ) -> None:
        super().__init__(num_val, num_sheet, num_cases, show_dir)
        self._sheet: list[_Kept] = []
        self._ranked: list[_Kept] = []

    def before_test_epoch(self, runner: Runner) -> None:
        """Start to keep mixtures."""
        super().before_test_epoch(runner)
        self._sheet, self._ranked = [], []

    def after_test_iter(
        self,
        runner: Runner,
        batch_idx: int,
        data_batch: dict | None = None,
        outputs: Sequence[AVDataSample] | None = None,
    ) -> None:
        """Keep those of the batch that are among the best, worst or evenly spread so far."""
        outputs = outputs or ()
        scores = _latest_scores(runner, len(outputs))
        chosen = chosen_here(runner.test_dataloader.dataset, self.num_sheet)
        for sample in outputs:
            kept = _Kept(_on_cpu(sample), scores.get(sample.clip_id))
            if self._seen in chosen:
                self._sheet.append(kept)
            self._seen += 1
            if kept.sdr is not None:
                self._ranked.append(kept)
        self._ranked.sort(key=_rank)
        del self._ranked[self.num_cases : max(len(self._ranked) - self.num_cases, self.num_cases)]

    def after_test_epoch(self, runner: Runner, metrics: dict[str, float] | None = None) -> None:
        """Write pictures, sounds, record and page."""
        ranked = gather_object(self._ranked)
        sheet, self._sheet, self._ranked = self._sheet, [], []
        if ranked is None:
            return
        unique = {kept.sample.clip_id: kept for part in ranked for kept in part}
        shown = {'spread': sheet, **both_ends(sorted(unique.values(), key=_rank), self.num_cases)}
        split, out = self._place(runner)
        mixtures = []
        for kind, items in shown.items():
            for rank, kept in enumerate(items, start=1):
                with self._contained(runner, kept.sample):
                    stem = out / f'{split}_{kind}_{rank}'
                    mixtures.append(self._show(runner, kept, kind, stem))
        self._write_test(runner, split, '', metrics, cases=[], mixtures=mixtures)
        write_listening_page(read_run(runner.work_dir), split, out / 'listen.html')
        runner.logger.info(f'Pictures, sounds and a page that plays them: {out / "listen.html"}')

    def _show(self, runner: Runner, kept: _Kept, kind: str, stem: Path) -> dict[str, Any]:
        """Draw a mixture and write its sounds; returns its entry in the record."""
        caption = '' if kept.sdr is None else f'SDR {kept.sdr:.1f} dB'
        visualizer, sample = runner.visualizer, kept.sample
        picture = stem.with_name(f'{stem.name}.png')
        frames = self._image(sample)
        write_png(picture, visualizer.draw(frames, sample, scores=kept.scores, caption=caption))
        names = [visualizer.class_name(int(label)) for label in sample.source_labels]
        sounds = []
        for words, wave in _levelled(sample, names):
            file = stem / f'{safe_name(words)}.wav'
            write_wav(file, wave, sample.sample_rate)
            sounds.append((words, relative(file, runner)))
        return {
            'kind': kind,
            'clip_id': sample.clip_id,
            'sdr': kept.sdr,
            'picture': relative(picture, runner),
            'sounds': sounds,
        }

    def _image(self, sample: AVDataSample) -> list[np.ndarray | None]:
        """The frame of each source; None if it cannot be read."""
        frames = []
        for source in sample.sources:
            try:
                named = source.get('img_path') or source.get('video')
                frames.append(load_frame(source.metainfo) if named else None)
            except Exception:  # the picture shows a placeholder
                frames.append(None)
        return frames


def _latest_scores(runner: Runner, count: int) -> dict[str, MixtureScores]:
    """The scores of the last batch by mixture; empty without the metric."""
    for metric in runner.test_loop.evaluator.metrics:
        if isinstance(metric, SeparationMetric):
            return {scores.clip_id: scores for scores in metric.results[-count:]}
    return {}


def _rank(kept: _Kept) -> tuple[float, str]:
    sdr = kept.sdr
    assert sdr is not None  # others are not ranked
    return -sdr, kept.sample.clip_id


def _on_cpu(sample: AVDataSample) -> AVDataSample:
    moved = sample.cpu()
    moved.sources = [source.cpu() for source in sample.sources]
    return moved


def _levelled(sample: AVDataSample, names: Sequence[str]) -> list[tuple[str, np.ndarray]]:
    """The sounds of a mixture with their names, scaled by a common factor."""
    sounds = [('mixture', sample.mixture)]
    for number, name in enumerate(names):
        sounds.append((f'estimate {number + 1} {name}', sample.pred_sources[number]))
        sounds.append((f'reference {number + 1} {name}', sample.gt_sources[number]))
    peak = max(float(wave.abs().max()) for _, wave in sounds)
    factor = _PEAK / peak if peak > 0 else 1.0
    return [(words, (wave.float() * factor).numpy()) for words, wave in sounds]
