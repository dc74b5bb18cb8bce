"""The base class of inferencers: the model, reading clips, and isolation of failures."""

import logging
from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Sequence
from functools import partial
from inspect import signature
from pathlib import Path
from typing import Any

import torch
from mmengine import Config
from tqdm import tqdm

from mmavl.errors import ConfigError
from mmavl.media.media_file import MediaFile
from mmavl.utils.autocast import Precision

from .clips import Clip, check_out_dir, list_clips
from .failures import contained
from .model_files import load_model
from .pipeline import ClipPipeline
from .result import Results
from .result_files import write_index

_LOG = logging.getLogger(__name__)


class BaseAVInferencer(ABC):
    """An inferencer of clips.

    Subclasses implement :meth:`predict_batch`, :meth:`draw` and :meth:`save_one`; with further
    steps per clip also :meth:`goes_on`, :meth:`go_on` and :meth:`save_more`.

    Args:
        model: A config's path, the name of one of mmavl's configs ('stage2_scenes'), a Config, or
            a ``.safetensors`` file with config, classes and weights. Defaults to
            'real_everyday', without training; with ``weights`` to the quickstart's config.
        weights: A checkpoint; only its tensors are read. Defaults to the quickstart's for the
            quickstart's config, to none for a model without training.
        device (str, optional): Defaults to the best available.
        show_progress (bool): Whether to show a progress bar (on stderr). Defaults to True.
        dtype (str): Number format of the model's layers: 'float32', 'bfloat16', or 'auto',
            bfloat16 if the hardware supports it. Results are float32. Defaults to 'auto'.

    Attributes:
        model (nn.Module): In evaluation mode.
        classes (list[str]): Its classes.
        pipeline (ClipPipeline): Reads clips according to the model's config.
        precision (Precision): The format chosen for ``dtype`` on this device, and why.

    Raises:
        FileNotFoundError, CheckpointError, ConfigError: See
            :func:`mmavl.apis.model_files.load_model`.
        ValueError: The ``dtype`` is unknown.
    """

    #: Whether a clip's whole sound is read, or only the part around its frame.
    whole_sound = False

    def __init__(
        self,
        model: str | Path | Config | dict | None = None,
        weights: str | Path | None = None,
        device: str | None = None,
        show_progress: bool = True,
        dtype: str = 'auto',
    ) -> None:
        self.model = load_model(model, weights, device)
        self.precision = Precision.choose(dtype, device)
        self.precision.prepare(self.model)
        self.classes = list(self.model.dataset_meta.get('classes', ()))
        self.pipeline = ClipPipeline(self.model.cfg, len(self.classes))
        self.show_progress = show_progress

    @property
    def remarks(self) -> list[str]:
        """Lines about how it computes, for users."""
        return [f'Computing {self.precision}.']

    @torch.no_grad()
    def forward(self, inputs: dict) -> list[Any]:
        """Samples with predictions for a collated batch."""
        with self.precision.autocast():
            return self.model.test_step(inputs)

    def __call__(
        self,
        inputs: Any,
        return_datasamples: bool = False,
        batch_size: int = 8,
        return_vis: bool = False,
        out_dir: str | Path | None = None,
        **options,
    ) -> dict[str, Any]:
        """Process clips; an unusable one is listed and does not stop the others.

        A batch that fails is tried again clip by clip, so that only a failing clip has no result.

        Args:
            inputs: See :func:`mmavl.apis.clips.list_clips`: a video's path, ``(picture,
                sound)``, ``(image, waveform, sample_rate)``, a folder, or a list of these.
            return_datasamples (bool): Return the model's samples as 'predictions' instead of
                results; they cannot be saved. Defaults to False.
            batch_size (int): Clips per batch. Defaults to 8.
            return_vis (bool): Whether to draw pictures for 'visualization'. Defaults to False.
            out_dir (str, optional): Save each result here as soon as it is available.
            **options: Options of the subclass's ``predict_batch`` and ``go_on``.

        Returns:
            dict: 'predictions' (:class:`.result.Results`), 'visualization' (RGB uint8 arrays),
            'failures' (list of :class:`.Failure`), with ``out_dir`` 'index' (``results.json``).

        Raises:
            DataError: A single clip was given and cannot be used.
            TypeError, ValueError: An argument has a wrong type, or an input is in ``out_dir``.
            OSError: Nothing more can be written to ``out_dir``, e.g. because the disk is full.
        """
        folder = None if out_dir is None else Path(out_dir)
        if return_datasamples and (folder or return_vis):
            raise ValueError('return_datasamples goes with neither out_dir nor return_vis')
        check_batch_size(batch_size)
        self.check_options(**options)
        clips, failures = list_clips(inputs)
        if folder:
            check_out_dir(clips, folder)
        out: dict[str, Any] = {'predictions': [] if return_datasamples else Results()}
        out |= {'visualization': [], 'failures': failures}
        single = len(clips) == 1 and not isinstance(inputs, list)
        guard = partial(contained, failures=failures, single=single, out_dir=out_dir)
        saved: list[dict] = []
        results = self._results(clips, batch_size, guard, return_datasamples, options)
        try:
            for clip, loaded, result in results:
                with guard(clip.name):
                    picture = self.draw(result, loaded) if return_vis else None
                    saved.append(self.save_one(result, folder, loaded) if folder else {})
                    out['predictions'].append(result)
                    out['visualization'] += [picture] if return_vis else []
                    if 'file' in loaded:
                        self.go_on(result, loaded, folder, batch_size, saved[-1], **options)
        finally:
            results.close()
            if folder:
                out['index'] = write_index(folder, saved, failures)
        return out

    def save(self, results: dict[str, Any], out_dir: str | Path) -> dict[str, Any]:
        """Write pictures, JSON, sounds and videos of a call's results, and an index of them.

        Args:
            results (dict): The result of a call. Pictures and sounds are read again from files.
            out_dir (str): The folder; created if missing.

        Returns:
            dict: The content of ``results.json``; clips that cannot be written are among its
            failures, in addition to those of the call.

        Raises:
            ValueError: An input is in ``out_dir``.
            OSError: Nothing more can be written, e.g. because the disk is full.
        """
        check_out_dir([result.clip for result in results['predictions']], out_dir)
        saved, failures = [], [*results['failures']]
        try:
            for result in results['predictions']:
                guard = contained(result.clip.name, failures, out_dir=out_dir)
                with guard, result.clip.open() as file:
                    loaded = self.pipeline.load(result.clip, self.whole_sound, file)
                    saved.append(self.save_one(result, Path(out_dir), loaded))
                    self.save_more(result, Path(out_dir), file, saved[-1])
        finally:
            index = write_index(out_dir, saved, failures)
        return index

    def _results(
        self,
        clips: list[Clip],
        batch_size: int,
        guard: Callable,
        return_datasamples: bool,
        options: dict[str, Any],
    ) -> Generator[tuple[Clip, dict, Any], None, None]:
        """Clips with their loaded data and predictions, without those that failed."""
        predict = partial(self.predict_batch, return_datasamples=return_datasamples, **options)
        batch: list[tuple[Clip, dict]] = []
        for clip in tqdm(clips, unit='clip', disable=not self.show_progress or len(clips) < 2):
            if not return_datasamples and self.goes_on(clip, **options):
                yield from _predicted(batch, predict, guard)
                batch = []
                with guard(clip.name), clip.open() as file:
                    loaded = self.load(clip, file, **options)
                    yield from _predicted([(clip, {**loaded, 'file': file})], predict, guard)
                continue
            with guard(clip.name):
                batch.append((clip, self.load(clip, **options)))
            if len(batch) == batch_size:
                yield from _predicted(batch, predict, guard)
                batch = []
        yield from _predicted(batch, predict, guard)

    def check_options(self, **options) -> None:
        """Check a call's options before any clip is read.

        Raises:
            TypeError: :meth:`predict_batch` has no such option.
            ValueError: An option is out of range, or does not fit the model.
        """
        signature(self.predict_batch).bind([], **options)

    def load(self, clip: Clip, file: MediaFile | None = None, **options) -> dict[str, Any]:
        """Read a clip, see :meth:`ClipPipeline.load`; ``options`` are those of the call."""
        return self.pipeline.load(clip, self.whole_sound, file)

    def goes_on(self, clip: Clip, **options) -> bool:
        """Whether :meth:`go_on` has further steps for a clip, which is then processed alone."""
        return False

    def go_on(  # noqa: B027
        self,
        result: Any,
        loaded: dict[str, Any],
        folder: Path | None,
        batch_size: int,
        entry: dict[str, Any],
        **options,
    ) -> None:
        """Run further steps for a clip, which keeps its result if they fail.

        ``loaded`` has also ``file``, the open :class:`MediaFile`; ``folder`` is None to write
        nothing; files are added to the index's ``entry``; ``options`` are those of the call.
        """

    def save_more(self, result: Any, folder: Path, file: MediaFile | None, entry: dict) -> None:  # noqa: B027
        """Write what :meth:`go_on` has added to a result, and add files to its entry."""

    def class_numbers(self, labels: Sequence[str] | None) -> list[int]:
        """Indices of classes by name.

        Raises:
            ValueError: A name is unknown or occurs twice.
        """
        if isinstance(labels, str):
            raise ValueError(f'labels={labels!r} must be a list of names')
        if labels and len(set(labels)) < len(labels):
            raise ValueError(f'labels name a class twice: {", ".join(labels)}')
        for label in labels or ():
            if label not in self.classes:
                raise ValueError(f'unknown class {label!r}; choose from {", ".join(self.classes)}')
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
        """Write a result's files; returns its entry in the index."""

    def check_has(self, condition: bool, what: str) -> None:
        """Raise a ConfigError unless the model is a ``what``."""
        if not condition:
            name = self.model.cfg.filename or 'the config'
            built = type(self.model).__name__
            raise ConfigError(f'{name} builds a {built}, which is not a {what}')


def _predicted(
    batch: list[tuple[Clip, dict]], predict: Callable, guard: Callable
) -> list[tuple[Clip, dict, Any]]:
    """Clips with loaded data and predictions; a failing batch is repeated clip by clip."""
    if len(batch) > 1:
        try:
            return _zipped(batch, predict(batch))
        except Exception:
            _LOG.debug('a batch failed: trying each clip separately', exc_info=True)
        return [result for item in batch for result in _predicted([item], predict, guard)]
    for clip, _ in batch:
        with guard(clip.name):
            return _zipped(batch, predict(batch))
    return []


def _zipped(batch: list[tuple[Clip, dict]], results: list) -> list[tuple[Clip, dict, Any]]:
    return [(*item, result) for item, result in zip(batch, results, strict=True)]


def check_batch_size(batch_size: int) -> None:
    """Raise a ValueError unless it is a positive integer."""
    if not isinstance(batch_size, int) or batch_size < 1:
        raise ValueError(f'batch_size={batch_size!r} is not a whole number above 0')


def check_threshold(threshold: float) -> None:
    """Raise a ValueError unless it is a probability."""
    if not 0 <= threshold <= 1:
        raise ValueError(f'threshold={threshold} is not from 0 to 1')
