"""The interface of a separator."""

from abc import abstractmethod

import torch
from torch import Tensor

from mmavl.structures import AVDataSample

from ..av_model import AVModel
from .signal import SAMPLE_RATE


class BaseSeparator(AVModel):
    """A model that takes mixtures apart.

    A subclass gives :meth:`separate` and, where it is trained, :meth:`loss`. What the inputs are
    says :meth:`SeparationDataPreprocessor.prepare`; the samples are the M mixtures.

    Args:
        data_preprocessor: Config of a :class:`SeparationDataPreprocessor`. Defaults to None.
        init_cfg: mmengine's initialisation config. Defaults to None.
    """

    #: Samples of the windows that :func:`separate_waveform` cuts long sounds into; None: it need
    #: not be cut.
    window: int | None = None

    @property
    def needs_classes(self) -> bool:
        """Only of a localizer inside: other sources are numbered, or shown by the user."""
        return hasattr(self, 'localizer')

    @abstractmethod
    def separate(self, inputs: dict[str, Tensor]) -> Tensor:
        """Estimate every source: [S, L], finite, as long as the mixture."""

    def explain(self, inputs: dict[str, Tensor]) -> dict[str, Tensor]:
        """Estimates and, for pictures, how they came about.

        Returns:
            dict[str, Tensor]: ``pred_sources`` [S, L]; and, as far as a model has them,
            ``pred_masks`` on logarithmic frequencies, [S, rows, T], and ``guide_maps``, where in
            the frames the guidance looks, [S, h, w].
        """
        return {'pred_sources': self.separate(inputs)}

    def extract(self, inputs: dict[str, Tensor]) -> dict[str, Tensor]:
        """``estimates`` of all sources, [S, L]."""
        return {'estimates': self.separate(inputs)}

    def loss(
        self, inputs: dict[str, Tensor], data_samples: list[AVDataSample]
    ) -> dict[str, Tensor]:
        """Named losses."""
        raise NotImplementedError(f'{type(self).__name__} is not trained: test it as it is')

    def predict(
        self, inputs: dict[str, Tensor], data_samples: list[AVDataSample]
    ) -> list[AVDataSample]:
        """Store mixture, references and what :meth:`explain` gives in the mixtures' samples."""
        found = self.explain(inputs)
        rate = getattr(self.data_preprocessor, 'sample_rate', SAMPLE_RATE)
        for number, sample in enumerate(data_samples):
            mine = inputs['index'] == number
            sample.set_metainfo({'sample_rate': rate})
            sample.mixture = inputs['mixture'][number]
            sample.gt_sources = inputs['sources'][mine]
            sample.source_labels = inputs['labels'][mine]
            sample.set_data({name: values[mine] for name, values in found.items()})
        return data_samples


def pad_to(waves: Tensor, length: int) -> Tensor:
    """Silence behind waves [..., L] that are shorter than a length.

    Raises:
        ValueError: They are longer.
    """
    if waves.shape[-1] > length:
        raise ValueError(
            f'{waves.shape[-1]} samples are more than the window of {length}: put '
            'CropPadAudio into the pipeline'
        )
    return torch.nn.functional.pad(waves, (0, length - waves.shape[-1]))
