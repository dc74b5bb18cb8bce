"""The sounding objects of a batch's sources."""

from typing import NamedTuple

import torch
from torch import Tensor

from mmavl.models.localizers import CoarseToFine


class Objects(NamedTuple):
    """O objects of S sources: usually one per source, several for a clip with several sounds.

    Attributes:
        labels (Tensor): Their classes, long [O].
        owners (Tensor): The source of each, long [O], ascending.
        boxes (Tensor): xyxy in [0, 1], [O, 4]; the whole frame if an object is not in it.
    """

    labels: Tensor
    owners: Tensor
    boxes: Tensor

    def total(self, values: Tensor) -> Tensor:
        """Sum over each source's objects: [O, ...] -> [S, ...]; each source has at least one."""
        count = int(self.owners[-1]) + 1
        return values.new_zeros(count, *values.shape[1:]).index_add(0, self.owners, values)

    def mean(self, values: Tensor) -> Tensor:
        """Mean over each source's objects: [O, ...] -> [S, ...]."""
        counts = self.owners.bincount().to(values.dtype)
        return self.total(values) / counts.view(-1, *[1] * (values.ndim - 1))


def objects_of(inputs: dict[str, Tensor]) -> Objects:
    """The objects in the inputs of :class:`SeparationDataPreprocessor`.

    Inputs without objects have one per source, with the source's class and the whole frame.
    """
    labels = inputs['labels']
    if 'object_labels' not in inputs:
        whole = torch.tensor([0.0, 0.0, 1.0, 1.0], device=labels.device)
        owners = torch.arange(len(labels), device=labels.device)
        return Objects(labels, owners, whole.expand(len(labels), -1))
    return Objects(inputs['object_labels'], inputs['object_owners'], inputs['object_boxes'])


def localizer_features(
    localizer: CoarseToFine, inputs: dict[str, Tensor], objects: Objects
) -> dict[str, Tensor]:
    """A localizer's features for each object's mixture and frame.

    Args:
        localizer (CoarseToFine): The localizer.
        inputs (dict): ``spectrogram`` of the M mixtures, ``image`` or ``image_features`` of the S
            sources, and ``index``, the mixture of each.
        objects (Objects): O objects.

    Returns:
        dict[str, Tensor]: From its :meth:`extract`, [O, ...] each.
    """
    audio = localizer.audio_backbone(inputs['spectrogram'])[inputs['index']]
    visual: dict[str, Tensor] = {k: inputs[k] for k in ('image', 'image_features') if k in inputs}
    features = localizer.extract({'audio_features': audio, **visual})
    return {name: value[objects.owners] for name, value in features.items()}
