"""Separating the sounds of clips and videos."""

import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import torch
from torch import Tensor

from mmavl.errors import DataError
from mmavl.registry import INFERENCERS
from mmavl.separators import BaseSeparator, FrameSeparator
from mmavl.structures import AVDataSample
from mmavl.utils.file_names import different_names, safe_name
from mmavl.utils.files import atomic_write
from mmavl.visualization import Spectrogram
from mmavl.visualization.drawing import fit_image, write_png
from mmavl.visualization.layout import Panel, compose_row
from mmavl.visualization.spectrogram import draw_spectrogram

from .base_av_inferencer import BaseAVInferencer, check_threshold
from .clips import Clip
from .model_files import DEFAULT_SEPARATOR, TRAINED_SEPARATOR
from .result_files import write_json
from .separation import Separation
from .shown_sources import Place, mark_places, read_places, relative_boxes, view


@INFERENCERS.register_module()
class SeparationInferencer(BaseAVInferencer):
    """The sources of clips' sounds, guided by their pictures.

    >>> separate = SeparationInferencer()  # doctest: +SKIP
    >>> found = separate('clip.mp4')['predictions'][0]  # doctest: +SKIP
    >>> found.sources['Violin'], found.sample_rate  # doctest: +SKIP

    Sounds are separated by :meth:`BaseSeparator.separate`: window by window, each with the middle
    frame of the video. There are three kinds of separators. Those with a localizer separate the
    classes that it predicts; those guided by pictures (:class:`FrameSeparator`, ``configs/peers``)
    separate the given ``sources``; blind ones number their sources.

    The default is ``separation_real``, which needs no training; with weights and no model it is
    ``separation_scenes``.

    Args:
        model, weights, device, show_progress, dtype: See :class:`BaseAVInferencer`. For
            a separator without its own trained parts, the weights are those of its
            localizer.

    Raises:
        ConfigError: The model is not a separator, or a blind one with windows, whose sources might
            be swapped between windows.
    """

    whole_sound = True

    def __init__(
        self,
        model: str | Path | None = None,
        weights: str | Path | None = None,
        *args,
        **kwargs,
    ) -> None:
        model = model or (TRAINED_SEPARATOR if weights else DEFAULT_SEPARATOR)
        super().__init__(model, weights, *args, **kwargs)
        self.check_has(isinstance(self.model, BaseSeparator), 'separator')
        self.guided = hasattr(self.model, 'localizer')
        self.shown = isinstance(self.model, FrameSeparator)
        blind = not (self.guided or self.shown)
        what = 'separator that can tell sources apart from window to window'
        self.check_has(not (blind and self.model.window), what)

    @property
    def model_rate(self) -> int:
        """Sample rate at which the model separates, in Hz."""
        return self.model.data_preprocessor.sample_rate

    @property
    def remarks(self) -> list[str]:
        """See :class:`BaseAVInferencer`; also which part of the sound is lost."""
        rate = self.model_rate
        lost = f'Sources are mono, without frequencies above {rate / 2000:.1f} kHz'
        return [*super().remarks, f'{lost}: the model works at {rate} Hz.']

    def check_sources(
        self, labels: Sequence[str] | None = None, sources: Mapping[str, Any] | None = None
    ) -> None:
        """Check that the model supports these arguments.

        Raises:
            ValueError: It needs labels but got sources, or vice versa.
        """
        name = type(self.model).__name__
        if self.shown and (labels or not sources):
            raise ValueError(
                f'{name} does not take labels: give a box or picture of each source '
                '(sources={name: (left, top, right, bottom)}, on the command line '
                '--sources NAME=LEFT,TOP,RIGHT,BOTTOM NAME=PICTURE)'
            )
        if sources and not self.shown:
            raise ValueError(f'{name} does not take sources: omit them')
        if labels and not self.guided:
            raise ValueError(f'{name} has no localizer with labels: omit them')
        self.class_numbers(labels)

    def check_options(self, **options) -> None:
        """See :class:`BaseAVInferencer` and :meth:`check_sources`.

        Raises:
            DataError: A picture of a source cannot be read.
        """
        super().check_options(**options)
        check_threshold(options.get('threshold', 0))
        if options.get('num_sources', 1) < 1:
            raise ValueError(f'num_sources={options["num_sources"]} must be at least 1')
        self.check_sources(options.get('labels'), options.get('sources'))
        read_places(options.get('sources') or {})

    def load(  # type: ignore[override]  # the clip is opened here
        self,
        clip: Clip,
        labels: list[str] | None = None,
        sources: Mapping[str, Any] | None = None,
        **options,
    ) -> dict[str, Any]:
        """Read a clip's whole sound, and the middle frame of each window.

        Returns:
            dict: See :meth:`ClipPipeline.load`; unless the model is blind also ``frames``, uint8
            [T, 3, h, w], or [n, T, 3, h, w] for given sources; for these also ``boxes``,
            xyxy in [0, 1], [n, 4], and ``places``, the box or picture by name.

        Raises:
            DataError: The media cannot be used, or a source's box is not inside the frame.
            ValueError: See :meth:`check_sources`.
        """
        self.check_sources(labels, sources)
        with clip.open() as file:
            loaded = self.pipeline.load(clip, whole=True, file=file)
            wave, rate = loaded['original']
            if not (self.guided or self.shown):
                return loaded
            images: Iterable[np.ndarray] = [loaded['image']]
            if 'time' in loaded:
                centres = [sum(span) / 2 for span in self.model.window_spans(len(wave), rate)]
                source = file or clip.image
                assert not isinstance(source, np.ndarray)  # it has a time
                images = self.pipeline.pictures(source, centres)
            if self.guided:
                inputs = [self.pipeline.image_input(clip, image) for image in images]
                return {**loaded, 'frames': torch.stack(inputs)}
            return {**loaded, **self._shown(clip, loaded, images, read_places(sources or {}))}

    def _shown(
        self,
        clip: Clip,
        loaded: dict[str, Any],
        images: Iterable[np.ndarray],
        places: Mapping[str, Place],
    ) -> dict[str, Any]:
        """The picture of each source in each of a clip's images."""
        boxes = relative_boxes(places, loaded['ori_shape'], clip.name)
        inputs = [
            torch.stack([self.pipeline.image_input(clip, v) for v in self._views(places, image)])
            for image in images
        ]
        return {'frames': torch.stack(inputs, dim=1), 'boxes': boxes, 'places': places}

    def _views(self, places: Mapping[str, Place], frame: np.ndarray) -> list[np.ndarray]:
        if self.model.uses_boxes:
            return [p if isinstance(p, np.ndarray) else frame for p in places.values()]
        return [view(place, frame) for place in places.values()]

    def predict_batch(  # type: ignore[override]  # an unknown option is a TypeError
        self,
        batch: list[tuple[Clip, dict]],
        return_datasamples: bool = False,
        labels: list[str] | None = None,
        threshold: float = 0.3,
        num_sources: int = 2,
        sources: Mapping[str, Any] | None = None,
    ) -> list[Any]:
        """Separate loaded clips.

        Args:
            batch (list): Clips with the data from :meth:`load`.
            return_datasamples (bool): Whether to return :class:`AVDataSample` with
                ``pred_sources`` [n, L]. Defaults to False.
            labels (list[str], optional): Classes to separate. Defaults to the predicted ones, see
                :class:`mmavl.models.naming.Naming`.
            threshold (float): Probability from which a class counts as audible; the best one
                always does. Defaults to 0.3.
            num_sources (int): Number of sources of a blind model. Defaults to 2.
            sources (Mapping, optional): For models guided by pictures: by name a box
                (left, top, right, bottom) in pixels of the frame, a picture's path, or RGB uint8
                [H, W, 3].

        Returns:
            list[Separation] | list[AVDataSample]: In order.

        Raises:
            DataError: A source is not finite.
        """
        if return_datasamples:
            samples = []
            for clip, loaded in batch:
                _, waves = self._separated(loaded, labels, threshold, num_sources, sources)
                meta = {'clip_id': clip.name, 'sample_rate': loaded['original'][1]}
                stacked = torch.stack([*waves.values()])
                samples.append(AVDataSample(metainfo=meta, pred_sources=stacked))
            return samples
        results = []
        for clip, loaded in batch:
            probs, waves = self._separated(loaded, labels, threshold, num_sources, sources)
            rate, whole = loaded['original'][1], len(waves) == 1 and self.model.adds_up
            arrays = {label: wave.numpy() for label, wave in waves.items()}
            results.append(
                Separation(clip.name, rate, self.model_rate, arrays, probs, clip, whole)
            )
        return results

    def _separated(
        self,
        loaded: dict[str, Any],
        labels: list[str] | None,
        threshold: float,
        num_sources: int,
        sources: Mapping[str, Any] | None,
    ) -> tuple[dict[str, float], dict[str, Tensor]]:
        """Probabilities of the classes, and waveforms of the sources, of a loaded clip."""
        audio_probs, frames = {}, loaded.get('frames')
        names = labels or [*(sources or (f'source {n + 1}' for n in range(num_sources)))]
        wave, rate = loaded['original']
        with self.precision.autocast():
            if self.guided:
                mono, mono_rate = torch.from_numpy(loaded['waveform']), loaded['sample_rate']
                # resampling can end a sample early, which would move the windows
                missing = math.ceil(len(wave) * mono_rate / rate) - len(mono)
                mono = torch.nn.functional.pad(mono, (0, max(missing, 0)))
                audio_probs = self.model.audio_probs(mono, mono_rate, frames)
                names = labels or self.model.audible(audio_probs, threshold)
            waves = self.model.separate(
                torch.from_numpy(wave), rate, frames, names, loaded.get('boxes')
            )
        if not all(wave.isfinite().all() for wave in waves.values()):
            raise DataError(f'{loaded["clip_id"]}: the model returned sources that are not finite')
        return audio_probs, {label: wave.cpu() for label, wave in waves.items()}

    def draw(self, result: Separation, loaded: dict[str, Any]) -> np.ndarray:
        """The frame with the given boxes, a spectrogram of each source, and the mixture's below.

        If a source was given by a picture, it is shown before its spectrogram.
        """
        places = loaded.get('places', {})
        panels = [Panel(mark_places(loaded['image'], places, 256), 'frame')]
        for label, wave in result.sources.items():
            if isinstance(places.get(label), np.ndarray):
                panels.append(Panel(fit_image(places[label], 256), 'shown'))
            picture = draw_spectrogram(Spectrogram.of_waveform(wave, result.sample_rate), 320, 256)
            score = f'audio {result.audio_probs[label]:.2f}' if label in result.audio_probs else ''
            panels.append(Panel(np.asarray(picture), label.replace('_', ' '), score))
        mixture = Spectrogram.of_waveform(*loaded['original'])
        return compose_row(panels, mixture, result.name, 'beneath: the mixture', [], 256)

    def save_one(self, result: Separation, folder: Path, loaded: dict[str, Any]) -> dict[str, Any]:
        """Write ``NAME.LABEL.wav`` for each source, ``NAME.png`` and ``NAME.json``."""
        stem = safe_name(result.name)
        # no dots: source 'b.c' of clip 'a' differs from 'c' of 'a.b'
        names = different_names(label.replace('.', '_') for label in result.sources)
        files = {}
        for name, (label, wave) in zip(names, result.sources.items()):
            files[label] = f'{stem}.{safe_name(name)}.wav'
            with atomic_write(folder / files[label], 'wb') as file:
                # float: an estimate may exceed full scale
                soundfile.write(file, wave, result.sample_rate, subtype='FLOAT', format='WAV')
        write_png(folder / f'{stem}.png', self.draw(result, loaded))
        content = {**result.to_dict(), 'sources': files, 'picture': f'{stem}.png'}
        write_json(folder / f'{stem}.json', content)
        entry = {'name': result.name, 'sources': files}
        if result.note:
            entry['note'] = result.note
        return {**entry, 'json': f'{stem}.json', 'picture': f'{stem}.png'}
