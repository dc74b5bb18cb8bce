"""Mixing the sources of a batch on the model's device."""

from collections.abc import Sequence
from typing import cast

import torch
from torch import Tensor
from torchaudio.functional import resample

from mmavl.errors import DataError
from mmavl.registry import MODELS
from mmavl.structures import AVDataSample

from .av_data_preprocessor import AVDataPreprocessor


@MODELS.register_module()
class SeparationDataPreprocessor(AVDataPreprocessor):
    """Mix sources: each is divided by their number n, and the mixture is the sum.

    In training, the sources of a batch are assigned at random to mixtures of n sources, of
    different classes as far as the batch allows; if the batch size is not a multiple of n, the
    remaining sources are unused. Otherwise the dataset defines the mixtures
    (:class:`mmavl.datasets.MixtureDataset`), and a source without one is a mixture itself.

    Args:
        num_sources (int | tuple[int, int]): n, or its minimum and maximum, between which it is
            drawn for each training batch. Defaults to 2.
        sample_rate (int): Rate in Hz at which sources are separated. The waveforms are resampled
            to it; they may have a higher rate for the localizer's ``spectrogram``.
            Defaults to 11025.
        train_seconds (float, optional): In training, mix a random part of this length of each
            source. Defaults to None: the whole source.
        **kwargs: ``mean``, ``std``, ``spectrogram`` (of the *mixture*, for the localizer) and
            ``non_blocking``, as for :class:`AVDataPreprocessor`.

    Source: H. Zhao et al., "The sound of pixels", ECCV 2018; section 3.3 of the paper.
    """

    def __init__(
        self,
        num_sources: int | tuple[int, int] = 2,
        sample_rate: int = 11025,
        train_seconds: float | None = None,
        **kwargs,
    ) -> None:
        super().__init__(**kwargs)
        least, most = (num_sources,) * 2 if isinstance(num_sources, int) else num_sources
        if not 1 <= least <= most:
            raise ValueError(f'num_sources={num_sources} must be a number >= 1, or a range')
        self.num_sources = least, most
        self.sample_rate = sample_rate
        self.train_seconds = train_seconds

    def prepare(self, data: dict, training: bool) -> dict:
        """Prepare a batch as returned by the collate function.

        Args:
            data (dict): ``inputs``: dict of lists of tensors, for each source ``waveform``
                (float32 [L]) and ``image`` (uint8 [3, H, W]) or ``image_features``; with a
                leading source dimension if an item is a whole mixture. And
                ``data_samples``: list of :class:`AVDataSample` with ``source_label``, or of
                mixtures with such a list as ``sources``.
            training (bool): Whether to make random mixtures.

        Returns:
            dict: ``inputs``, for S sources in M mixtures: ``sources`` [S, L] and ``mixture``
            [M, L], at ``sample_rate``; ``index`` long [S], the mixture of each source, ascending;
            ``labels`` long [S]; ``object_labels`` [O], ``object_owners`` [O] and
            ``object_boxes`` [O, 4], see :func:`sounding_objects`; ``image`` or
            ``image_features`` [S, ...]; ``spectrogram`` [M, 1, T, F] of the mixtures. And
            ``data_samples``: M mixtures, with their ``sources``.

        Raises:
            ValueError: The batch has too few sources for one mixture, or waveforms differ in
                length or rate.
            DataError: A waveform has values that are not finite.
        """
        inputs, mixtures = self._mixtures(data, training)
        sources = [source for mixture in mixtures for source in mixture.sources]
        counts = torch.tensor([len(mixture.sources) for mixture in mixtures], device=self.device)
        index = torch.arange(len(mixtures), device=self.device).repeat_interleave(counts)
        self._check_sample_rate(sources)
        out = cast(dict[str, Tensor], self._batch(inputs))
        waves = out.pop('waveform') / counts[index, None]
        bad = ~torch.isfinite(waves).all(1)
        if bad.any():
            clip = sources[int(bad.nonzero()[0])].get('clip_id')
            raise DataError(f'clip {clip!r}: the waveform has nan or inf values')
        rate = _rate(sources, self.sample_rate)
        if training and self.train_seconds is not None:
            waves = random_parts(waves, round(self.train_seconds * rate))
        mixed = waves.new_zeros(len(mixtures), waves.shape[1]).index_add_(0, index, waves)
        if self.spectrogram is not None:
            out['spectrogram'] = self.spectrogram(mixed)
        out['sources'] = resample(waves, rate, self.sample_rate)
        out['mixture'] = resample(mixed, rate, self.sample_rate)
        out['index'] = index
        out['labels'] = torch.tensor([s.source_label for s in sources], device=self.device)
        for name, value in sounding_objects(sources).items():
            out[f'object_{name}'] = value.to(self.device)
        return {'inputs': out, 'data_samples': mixtures}

    def _mixtures(self, data: dict, training: bool) -> tuple[dict, list[AVDataSample]]:
        """The inputs as lists over the sources of all mixtures, in order, and the mixtures."""
        inputs, samples = data['inputs'], data['data_samples']
        if 'sources' in samples[0]:
            flat = {name: [t for item in items for t in item] for name, items in inputs.items()}
            return flat, list(samples)
        if training:
            groups = self._deal(torch.tensor([sample.source_label for sample in samples]))
        else:
            groups = torch.arange(len(samples))[:, None]
        order = groups.flatten().tolist()
        chosen = {name: [items[i] for i in order] for name, items in inputs.items()}
        return chosen, [mixture_of([samples[i] for i in group]) for group in groups.tolist()]

    def _deal(self, labels: Tensor) -> Tensor:
        least, most = self.num_sources
        if len(labels) < least:
            raise ValueError(
                f'{len(labels)} sources in a batch are too few for a mixture of {least}: raise '
                'batch_size, and set drop_last=True'
            )
        most = min(most, len(labels))
        return deal_sources(labels, int(torch.randint(least, most + 1, ())))


def random_parts(waves: Tensor, length: int) -> Tensor:
    """A random part of the given length of each waveform, or all of it: [S, L] -> [S, length]."""
    spare = waves.shape[-1] - length
    if spare <= 0:
        return waves
    starts = torch.randint(spare + 1, (len(waves), 1), device=waves.device)
    return waves.gather(1, starts + torch.arange(length, device=waves.device))


def deal_sources(labels: Tensor, size: int) -> Tensor:
    """Assign sources at random to mixtures of different classes, as far as possible.

    Args:
        labels (Tensor): Class of each source, long [B], B at least ``size``.
        size (int): Number of sources per mixture, n.

    Returns:
        Tensor: Indices of sources, each at most once, long [B // n, n].
    """
    shuffled = torch.randperm(len(labels))
    names, classes = labels[shuffled].unique(return_inverse=True)
    # sort by class and deal in turn, so that sources of one class go to different mixtures
    order = shuffled[torch.randperm(len(names))[classes].argsort(stable=True)]
    mixtures = len(labels) // size
    left_out = int(torch.randint(len(labels) - mixtures * size + 1, ()))
    return order.roll(-left_out)[: mixtures * size].view(size, mixtures).T.contiguous()


def sounding_objects(sources: Sequence[AVDataSample]) -> dict[str, Tensor]:
    """The sounding objects of each source, one per class of the source.

    An object's box is the largest one of its class in the frame, annotated or detected; if there
    is none, the whole frame.

    Args:
        sources (Sequence[AVDataSample]): S sources; a whole clip used as one source has
            ``source_labels``, its classes.

    Returns:
        dict[str, Tensor]: ``labels`` long [O]; ``owners`` long [O], the source of each object;
        ``boxes`` xyxy in [0, 1], [O, 4].
    """
    labels, owners, boxes = [], [], []
    for number, source in enumerate(sources):
        for label in source.get('source_labels', [source.source_label]):
            labels.append(label)
            owners.append(number)
            boxes.append(_box_of(source, label))
    return {
        'labels': torch.tensor(labels),
        'owners': torch.tensor(owners),
        'boxes': torch.stack(boxes),
    }


def _box_of(source: AVDataSample, label: int) -> Tensor:
    if 'gt_instances' in source:
        boxes = source.gt_instances.bboxes[source.gt_instances.labels == label].cpu().float()
        if len(boxes):
            height, width = source.input_shape
            areas = (boxes[:, 2:] - boxes[:, :2]).prod(1)
            return boxes[areas.argmax()] / boxes.new_tensor([width, height, width, height])
    return torch.tensor([0.0, 0.0, 1.0, 1.0])


def mixture_of(sources: Sequence[AVDataSample]) -> AVDataSample:
    """A mixture's sample, named after its sources."""
    names = [f'{s.get("clip_id")}:{s.get("source", s.source_label)}' for s in sources]
    return AVDataSample(metainfo={'clip_id': ' + '.join(names)}, sources=list(sources))


def _rate(sources: Sequence[AVDataSample], default: int) -> int:
    rates = {sample.get('sample_rate', default): sample for sample in sources}
    if len(rates) > 1:
        clips = ', '.join(f'{rate} Hz (clip {s.get("clip_id")!r})' for rate, s in rates.items())
        raise ValueError(f'the sources of a batch have {clips}: set one sample_rate in LoadAudio')
    return next(iter(rates))
