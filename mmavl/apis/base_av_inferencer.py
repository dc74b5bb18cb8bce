"""What the inferencers share: the model, reading clips, and failures that stop nothing."""

import logging
import re
from abc import abstractmethod
from collections.abc import Callable, Iterator
from functools import partial
from inspect import signature
from pathlib import Path
from typing import Any

from mmengine import Config
from mmengine.dataset import pseudo_collate
from mmengine.infer import BaseInferencer
from torch import nn
from tqdm import tqdm

from mmavl.errors import ConfigError
from mmavl.utils.autocast import Precision
from mmavl.utils.files import atomic_write
from mmavl.utils.names import to_json
from mmavl.visualization import AVVisualizer

from .clips import Clip, check_out_dir, list_clips
from .failures import Failure, contained
from .model_files import load_model
from .pipeline import ClipPipeline

_LOG = logging.getLogger(__name__)


class BaseAVInferencer(BaseInferencer):
    """An inferencer of clips.

    A subclass gives :meth:`predict_batch` and :meth:`save_one`.

    Args:
        model: A config's path, the name of one of mmavl's configs ('stage2_scenes'), a Config, or
            a ``.safetensors`` file that holds config, classes and weights. Defaults to
            'real_everyday', which is not trained; with ``weights`` to the quickstart's config.
        weights: A checkpoint; only its tensors are read. Defaults to the quickstart's for the
            quickstart's config, to none for a model that is not trained.
        device (str, optional): Defaults to the best there is.
        scope (str): mmengine's. Defaults to 'mmavl'.
        show_progress (bool): Whether to draw a progress bar (to stderr). Defaults to True.
        dtype (str): What the model's layers compute in: 'float32', 'bfloat16', or 'auto',
            bfloat16 where the hardware multiplies it. Results are float32. Defaults to 'auto'.

    Attributes:
        precision (Precision): What ``dtype`` means on this device, and why.

    Raises:
        FileNotFoundError, CheckpointError, ConfigError: As of
            :func:`mmavl.apis.model_files.load_model`.
        ValueError: Another ``dtype``.
    """

    #: Whether a clip's whole sound is read, or only that around its frame.
    whole_sound = False

    def __init__(
        self,
        model: str | Path | Config | dict | None = None,
        weights: str | Path | None = None,
        device: str | None = None,
        scope: str = 'mmavl',
        show_progress: bool = True,
        dtype: str = 'auto',
    ) -> None:
        self._net = load_model(model, weights, device)
        self.precision = Precision.choose(dtype, device)
        self.precision.prepare(self._net)
        self.classes = list(self._net.dataset_meta.get('classes', ()))
        super().__init__(self._net.cfg, None, device, scope, show_progress)

    def forward(self, inputs: dict, **kwargs) -> list[Any]:
        """Samples with predictions."""
        with self.precision.autocast():
            return super().forward(inputs, **kwargs)

    def _init_model(self, cfg: Config, weights: str | None, device: str = 'cpu') -> nn.Module:
        return self._net

    def _init_pipeline(self, cfg: Config) -> ClipPipeline:
        return ClipPipeline(cfg, len(self.classes))

    def _init_collate(self, cfg: Config) -> Callable:
        return pseudo_collate

    def _init_visualizer(self, cfg: Config) -> AVVisualizer:
        visualizer = AVVisualizer.get_instance(f'inferencer {id(self)}')
        visualizer.dataset_meta = {'classes': self.classes}
        return visualizer

    def __call__(
        self,
        inputs: Any,
        return_datasamples: bool = False,
        batch_size: int = 8,
        return_vis: bool = False,
        out_dir: str | Path | None = None,
        **kwargs,
    ) -> dict[str, list]:
        """Process clips; one that cannot be used is listed and stops nothing, whatever it raises.

        A batch that fails is tried again clip by clip, so that only the culprit has no result.

        Args:
            inputs: As for :func:`mmavl.apis.clips.list_clips`: a video's path, ``(picture,
                sound)``, ``(image, waveform, sample_rate)``, a folder, or a list of these.
            return_datasamples (bool): Give the model's samples as 'predictions', which cannot be
                saved, instead of results. Defaults to False.
            batch_size (int): Clips that go through the model at once. Defaults to 8.
            return_vis (bool): Whether to draw pictures for 'visualization'. Defaults to False.
            out_dir (str, optional): Save each result here as soon as it is there.
            **kwargs: As for the subclass's ``predict_batch``.

        Returns:
            dict: 'predictions', 'visualization' (RGB uint8 arrays, or empty) and 'failures', a
            list of :class:`Failure`.

        Raises:
            DataError: A single clip was given, and cannot be used.
            TypeError, ValueError: An argument is of another kind, or an input lies in ``out_dir``.
            OSError: Nothing more can be written to ``out_dir``, e.g. because the disk is full.
        """
        if return_datasamples and (out_dir is not None or return_vis):
            raise ValueError('return_datasamples goes with neither out_dir nor return_vis')
        check_batch_size(batch_size)
        self.check_options(**kwargs)
        clips, failures = list_clips(inputs)
        if out_dir is not None:
            check_out_dir(clips, out_dir)
        out: dict[str, list] = {'predictions': [], 'visualization': [], 'failures': failures}
        single = len(clips) == 1 and not isinstance(inputs, list)
        guard = partial(contained, failures=failures, single=single, out_dir=out_dir)
        predict = partial(self.predict_batch, return_datasamples=return_datasamples, **kwargs)
        saved: list[dict] = []
        try:
            for batch in self._batches(clips, batch_size, guard, kwargs):
                for clip, loaded, result in _predicted(batch, predict, guard):
                    with guard(clip.name):
                        picture = self.draw(result, loaded) if return_vis else None
                        if out_dir is not None:
                            saved.append(self.save_one(result, Path(out_dir), loaded))
                        out['predictions'].append(result)
                        out['visualization'] += [picture] if return_vis else []
        finally:
            if out_dir is not None:
                write_index(out_dir, saved, failures)
        return out

    def save(self, results: dict[str, list], out_dir: str | Path) -> dict[str, Any]:
        """Write pictures, JSON and sounds of what a call has given, and an index of them.

        Args:
            results (dict): Of a call. Pictures and sounds are read once more from their files.
            out_dir (str): The folder; made where it is missing.

        Returns:
            dict: The content of ``results.json``; what cannot be written of a clip is one of its
            failures, in addition to those of the call.

        Raises:
            ValueError: An input lies in ``out_dir``.
            OSError: Nothing more can be written, e.g. because the disk is full.
        """
        check_out_dir([result.clip for result in results['predictions']], out_dir)
        saved, failures = [], [*results['failures']]
        try:
            for result in results['predictions']:
                with contained(result.clip.name, failures, out_dir=out_dir):
                    loaded = self.pipeline.load(result.clip, self.whole_sound)
                    saved.append(self.save_one(result, Path(out_dir), loaded))
        finally:
            index = write_index(out_dir, saved, failures)
        return index

    def _batches(
        self,
        clips: list[Clip],
        batch_size: int,
        guard: Callable,
        options: dict[str, Any],
    ) -> Iterator[list[tuple[Clip, dict]]]:
        """Clips with what was loaded of them, without those that cannot be."""
        batch = []
        bar = tqdm(clips, unit='clip', disable=not self.show_progress or len(clips) < 2)
        for clip in bar:
            with guard(clip.name):
                batch.append((clip, self.load(clip, **options)))
            if len(batch) == batch_size:
                yield batch
                batch = []
        if batch:
            yield batch

    def check_options(self, **options) -> None:
        """Check a call's options before any clip is read: a wrong one is wrong for all of them.

        Raises:
            TypeError: :meth:`predict_batch` has no such option.
            ValueError: An option is out of its range, or does not fit the model.
        """
        signature(self.predict_batch).bind([], **options)

    def load(self, clip: Clip, **options) -> dict[str, Any]:
        """Read a clip, see :meth:`ClipPipeline.load`; ``options`` are those of the call."""
        return self.pipeline.load(clip, self.whole_sound)

    def class_numbers(self, labels: list[str] | None) -> list[int]:
        """Numbers of classes by name.

        Raises:
            ValueError: The model has none of that name, or a name is there twice.
        """
        if isinstance(labels, str):
            raise ValueError(f'labels={labels!r} must be a list of names')
        if labels and len(set(labels)) < len(labels):
            raise ValueError(f'labels name a class twice: {", ".join(labels)}')
        for label in labels or ():
            if label not in self.classes:
                raise ValueError(f'the model knows no {label!r}, but {", ".join(self.classes)}')
        return [self.classes.index(label) for label in labels or ()]

    @abstractmethod
    def predict_batch(
        self, batch: list[tuple[Clip, dict]], return_datasamples: bool = False, **kwargs
    ) -> list[Any]:
        """Results of loaded clips, in their order."""

    @abstractmethod
    def draw(self, result: Any, loaded: dict[str, Any]) -> Any:
        """A picture of a result, RGB uint8 [H, W, 3]."""

    @abstractmethod
    def save_one(self, result: Any, folder: Path, loaded: dict[str, Any]) -> dict[str, Any]:
        """Write a result's files; gives its entry in the index."""

    def visualize(self, inputs: list, preds: list, show: bool = False, **kwargs) -> list:
        """Pictures of results; ``inputs`` are what was loaded of their clips."""
        return [self.draw(result, loaded) for result, loaded in zip(preds, inputs)]

    def postprocess(
        self, preds: list, visualization: list, return_datasample: bool = False, **kwargs
    ) -> dict[str, list]:
        """Put results and pictures together."""
        return {'predictions': preds, 'visualization': visualization, 'failures': []}

    def check_has(self, condition: bool, what: str) -> None:
        """Raise a ConfigError that the model is not a ``what``, unless it is."""
        if not condition:
            name = self._net.cfg.filename or 'the config'
            raise ConfigError(f'{name} builds a {type(self._net).__name__}, which is not a {what}')


def _predicted(
    batch: list[tuple[Clip, dict]], predict: Callable, guard: Callable
) -> list[tuple[Clip, dict, Any]]:
    """Clips with what was loaded and predicted; a batch that fails is tried clip by clip."""
    if len(batch) > 1:
        try:
            return _zipped(batch, predict(batch))
        except Exception:
            _LOG.debug('a batch failed: each clip is tried by itself', exc_info=True)
        return [result for item in batch for result in _predicted([item], predict, guard)]
    with guard(batch[0][0].name):
        return _zipped(batch, predict(batch))
    return []


def _zipped(batch: list[tuple[Clip, dict]], results: list) -> list[tuple[Clip, dict, Any]]:
    return [(*item, result) for item, result in zip(batch, results, strict=True)]


def check_batch_size(batch_size: int) -> None:
    """Raise a ValueError unless it is a whole number above 0."""
    if not isinstance(batch_size, int) or batch_size < 1:
        raise ValueError(f'batch_size={batch_size!r} is not a whole number above 0')


def check_threshold(threshold: float) -> None:
    """Raise a ValueError unless it is a probability."""
    if not 0 <= threshold <= 1:
        raise ValueError(f'threshold={threshold} is not from 0 to 1')


def write_json(path: Path, content: Any) -> None:
    """Write readable JSON in UTF-8; the file appears whole or not at all.

    Raises:
        ValueError: A number is not finite.
        OSError: The file cannot be written.
    """
    text = to_json(content, indent=1)
    # lists of numbers stay on one line; inside a string there is no line break
    text = re.sub(r'\[\n[-\d.,e\s]+\]', lambda found: ' '.join(found[0].split()), text)
    with atomic_write(path) as file:
        file.write(text + '\n')


def write_index(out_dir: str | Path, saved: list[dict], failures: list[Failure]) -> dict:
    """Write ``results.json``: the files of each clip, and what failed."""
    index = {
        'format': 'mmavl.results/1',
        'clips': saved,
        'failures': [{'name': f.name, 'message': f.message} for f in failures],
    }
    write_json(Path(out_dir, 'results.json'), index)
    return index
