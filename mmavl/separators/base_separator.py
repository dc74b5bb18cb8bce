"""The base class of separators."""

import math
from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from mmavl.models.av_model import AVModel
from mmavl.models.naming import Naming, named_families
from mmavl.structures import AVDataSample

from .signal import SAMPLE_RATE
from .window_inputs import FrameInputs, SourceInputs
from .windows import FADE, Recording, window_starts

#: A class, by name or number.
Label = str | int


class BaseSeparator(AVModel):
    """A model that separates the sources of mixtures.

    :meth:`separate` is for users. Subclasses implement :meth:`estimate` and, if trainable,
    :meth:`loss`; their inputs are those of :meth:`SeparationDataPreprocessor.prepare`, and the
    samples are the M mixtures.

    Args:
        data_preprocessor: Config of a :class:`SeparationDataPreprocessor`. Defaults to None.
        init_cfg: mmengine's initialisation config. Defaults to None.

    Attributes:
        dataset_meta (dict): Metainfo of the localizer's training data, with ``classes``.
    """

    #: Length in samples of the windows into which :meth:`separate` cuts long sounds; None: no
    #: windows.
    window: int | None = None
    #: Whether the sources of a mixture add up to it, so that a single source is the mixture.
    adds_up = False

    @property
    def needs_classes(self) -> bool:
        """True if there is a localizer; otherwise sources are numbered, or shown by the user."""
        return hasattr(self, 'localizer')

    @property
    def classes(self) -> list[str]:
        """Names of its classes, if known."""
        localizer = getattr(self, 'localizer', None)
        names = getattr(self, 'dataset_meta', {}).get('classes')
        return list(names or getattr(localizer, 'classes', None) or ())

    @abstractmethod
    def estimate(self, inputs: dict[str, Tensor]) -> Tensor:
        """Estimate all sources of a batch: [S, L], finite, with the length of the mixtures."""

    @torch.no_grad()
    def separate(
        self,
        waveform: Tensor,
        sample_rate: int | None = None,
        frames: Tensor | None = None,
        labels: Sequence[Label] | None = None,
        boxes: Tensor | None = None,
        fade: float = FADE,
        batch_size: int = 4,
    ) -> dict[Label, Tensor]:
        """Separate a recording of any length.

        A model with a ``window`` separates windows of that length, as in training, which are
        joined seamlessly, see :class:`~mmavl.separators.windows.Recording`; other models
        get the whole sound at once. A silent sound gives silent sources. Samples outside [-1, 1]
        are used unchanged.

        Args:
            waveform (Tensor): The mixture, float [L], or [C, L], whose channels are averaged.
            sample_rate (int, optional): Sample rate of the waveform in Hz. Separation runs at
                the preprocessor's rate, which limits the frequencies of the sources. Defaults to
                the preprocessor's rate.
            frames (Tensor, optional): RGB in 0-255, in the size used for training:
                [3, H, W], one frame for the whole sound and all sources; [T, 3, H, W], spread
                evenly over the sound, of which each window uses the one nearest to its centre; or
                [n, T, 3, H, W], separate frames for each source. None for models without frames.
            labels (Sequence[str | int], optional): The n sources, all different: classes of the
                localizer by name or number; any names for a model without one. Defaults to those
                that the localizer predicts, see :meth:`audible`.
            boxes (Tensor, optional): Box of each source's object in its frames, xyxy in [0, 1],
                [n, 4], for :class:`CoSeparation`. Defaults to the whole frame.
            fade (float): Minimum overlap of successive windows relative to their length, in
                (0, 1/3]. Defaults to a quarter.
            batch_size (int): Windows per batch. Defaults to 4.

        Returns:
            dict[str | int, Tensor]: By label, in the order of the labels: float32 [L], finite, at
            the waveform's rate, on the model's device.

        Raises:
            DataError: The waveform is empty or has values that are not finite.
            ValueError: The model is in training mode; labels are missing, unknown or repeated;
                or another argument is out of range or has the wrong shape.
        """
        if batch_size < 1:
            raise ValueError(f'batch_size={batch_size} must be above 0')
        recording = self._recording(waveform, sample_rate, fade)
        if labels is None:
            labels = self.audible(self._audio_probs(recording, frames))
        numbers = self._numbers(labels)
        parts = self._estimates(recording, frames, numbers, boxes, batch_size)
        return dict(zip(labels, recording.join(parts), strict=True))

    @torch.no_grad()
    def audio_probs(
        self, waveform: Tensor, sample_rate: int | None, frames: Tensor
    ) -> dict[str, float]:
        """The localizer's probability of each class: the maximum over the windows.

        Args:
            waveform, sample_rate, frames: See :meth:`separate`.

        Returns:
            dict[str, float]: By class.

        Raises:
            ValueError: There is no localizer, or as for :meth:`separate`.
        """
        return self._audio_probs(self._recording(waveform, sample_rate, FADE), frames)

    def audible(self, audio_probs: Mapping[str, float], threshold: float = 0.3) -> list[str]:
        """The classes to separate, best first; at least the most likely one.

        Args:
            audio_probs (Mapping[str, float]): From :meth:`audio_probs`.
            threshold (float): Probability from which a class counts as audible, see
                :class:`~mmavl.models.naming.Naming`. Defaults to 0.3.
        """
        naming = Naming(threshold, named_families(getattr(self, 'dataset_meta', {})))
        return naming.sounding(audio_probs) or [max(audio_probs, key=audio_probs.__getitem__)]

    def window_spans(
        self, length: int, sample_rate: int, fade: float = FADE
    ) -> list[tuple[float, float]]:
        """The windows of :meth:`separate`; each covers the same number of frames.

        Args:
            length (int): Length of the sound in samples.
            sample_rate (int): Sample rate of the sound in Hz.
            fade (float): See :meth:`separate`.

        Returns:
            list[tuple[float, float]]: First and last second of each window, inside the sound.
        """
        rate = self.data_preprocessor.sample_rate
        resampled = math.ceil(length * rate / sample_rate)
        window = self.window or resampled
        starts = window_starts(max(resampled, window), window, fade)
        return [(s / rate, min((s + window) / rate, length / sample_rate)) for s in starts]

    def _recording(self, waveform: Tensor, sample_rate: int | None, fade: float) -> Recording:
        if self.training:
            raise ValueError('the model is in training mode: call its eval() first')
        preprocessor = self.data_preprocessor
        rate = preprocessor.sample_rate if sample_rate is None else sample_rate
        waveform = waveform.to(preprocessor.device)
        return Recording(waveform, rate, preprocessor.sample_rate, self.window, fade)

    def _numbers(self, labels: Sequence[Label]) -> list[int]:
        """The class of each source; without classes, sources are numbered."""
        if len(set(labels)) < len(labels):
            raise ValueError(f'labels {list(labels)} name a source twice')
        numbers = []
        for position, label in enumerate(labels):
            if not isinstance(label, str):
                numbers.append(label)
            elif label in self.classes:
                numbers.append(self.classes.index(label))
            elif not self.needs_classes:
                numbers.append(position)
            else:
                raise ValueError(f'unknown class {label!r}; choose from {", ".join(self.classes)}')
        return numbers

    def _estimates(
        self,
        recording: Recording,
        frames: Tensor | None,
        labels: list[int],
        boxes: Tensor | None,
        batch_size: int,
    ) -> Iterator[Tensor]:
        """Yield the estimates of each window in order, [n, window]."""
        starts, spectrogram = recording.starts, self.data_preprocessor.spectrogram
        sources = SourceInputs(labels, boxes, self.data_preprocessor.device)
        images = self._frame_inputs(frames, len(labels), len(starts))
        for first in range(0, len(starts), batch_size):
            chosen = starts[first : first + batch_size]
            inputs: dict[str, Any] = {
                'mixture': recording.windows(chosen),
                **sources.of_windows(len(chosen)),
                **(images.of_windows(first, len(chosen)) if images else {}),
            }
            if spectrogram is not None:  # input of the localizer, at its own rate
                waves = recording.windows(chosen, spectrogram.sample_rate)
                inputs['spectrogram'] = spectrogram(waves)
            yield from self.estimate(inputs).unflatten(0, (len(chosen), -1))

    def _frame_inputs(
        self, frames: Tensor | None, sources: int, windows: int
    ) -> FrameInputs | None:
        backbone = getattr(self, 'visual_backbone', None)
        if frames is not None:
            return FrameInputs(self.data_preprocessor, frames, sources, windows, backbone)
        if backbone is not None:
            raise ValueError(f'{type(self).__name__} needs frames')
        return None

    def _audio_probs(self, recording: Recording, frames: Tensor | None) -> dict[str, float]:
        if not self.needs_classes:
            raise ValueError(f'{type(self).__name__} does not predict classes: give labels')
        if not self.classes:
            raise ValueError(f'{type(self).__name__} has no dataset_meta with class names')
        if frames is None:
            raise ValueError(f'the localizer of {type(self).__name__} needs frames')
        names, preprocessor = self.classes, self.data_preprocessor
        best = torch.zeros(len(names))
        images = FrameInputs(preprocessor, frames, 1, len(recording.starts))
        for number, start in enumerate(recording.starts):
            inputs = images.of_windows(number, 1)
            if preprocessor.spectrogram is None:
                inputs['waveform'] = recording.windows([start])
            else:
                rate = preprocessor.spectrogram.sample_rate
                inputs['waveform'] = recording.windows([start], rate)
                inputs['spectrogram'] = preprocessor.spectrogram(inputs['waveform'])
            mixture = AVDataSample(metainfo={'clip_id': 'recording'})
            mixture.gt_tags = torch.zeros(len(names))
            result = self.localizer.predict(inputs, [mixture])[0]
            best = torch.maximum(best, result.pred_tags.float().cpu())
        return dict(zip(names, best.tolist()))

    def explain(self, inputs: dict[str, Tensor]) -> dict[str, Tensor]:
        """Estimates and, for pictures, intermediate results.

        Returns:
            dict[str, Tensor]: ``pred_sources`` [S, L]; and, if the model has them,
            ``pred_masks`` on logarithmic frequencies, [S, rows, T], and ``guide_maps``, the
            weights of the guidance in the frames, [S, h, w].
        """
        return {'pred_sources': self.estimate(inputs)}

    def extract(self, inputs: dict[str, Tensor]) -> dict[str, Tensor]:
        """``estimates`` of all sources, [S, L]."""
        return {'estimates': self.estimate(inputs)}

    def loss(
        self, inputs: dict[str, Tensor], data_samples: list[AVDataSample]
    ) -> dict[str, Tensor]:
        """Named losses."""
        raise NotImplementedError(
            f'{type(self).__name__} cannot be trained: use it for tests or inference'
        )

    def predict(
        self, inputs: dict[str, Tensor], data_samples: list[AVDataSample]
    ) -> list[AVDataSample]:
        """Store mixture, references and the result of :meth:`explain` in the mixtures' samples."""
        results = self.explain(inputs)
        rate = getattr(self.data_preprocessor, 'sample_rate', SAMPLE_RATE)
        for number, sample in enumerate(data_samples):
            mine = inputs['index'] == number
            sample.set_metainfo({'sample_rate': rate})
            sample.mixture = inputs['mixture'][number]
            sample.gt_sources = inputs['sources'][mine]
            sample.source_labels = inputs['labels'][mine]
            sample.set_data({name: values[mine] for name, values in results.items()})
        return data_samples


def pad_to(waves: Tensor, length: int) -> Tensor:
    """Pad waves [..., L] with silence to a given length.

    Raises:
        ValueError: They are longer.
    """
    if waves.shape[-1] > length:
        raise ValueError(
            f'{waves.shape[-1]} samples exceed the window of {length}: add '
            'CropPadAudio to the pipeline'
        )
    return torch.nn.functional.pad(waves, (0, length - waves.shape[-1]))
