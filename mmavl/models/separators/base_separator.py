"""The interface of a separator."""

from abc import abstractmethod

import torch
from mmengine.model import BaseModel
from torch import Tensor

from mmavl.structures import AVDataSample
from mmavl.utils.distributed import mean_over_ranks


class BaseSeparator(BaseModel):
    """A model that takes mixtures apart; its modes are 'loss', 'predict' and 'tensor'.

    A subclass gives :meth:`separate` and, where it is trained, :meth:`loss`.

    Args:
        data_preprocessor: Config of a :class:`SeparationDataPreprocessor`. Defaults to None.
        init_cfg: mmengine's initialisation config. Defaults to None.
    """

    def __init__(
        self, data_preprocessor: dict | None = None, init_cfg: dict | None = None
    ) -> None:
        super().__init__(data_preprocessor=data_preprocessor, init_cfg=init_cfg)

    def forward(
        self,
        inputs: dict[str, Tensor],
        data_samples: list[AVDataSample] | None = None,
        mode: str = 'tensor',
    ) -> dict[str, Tensor] | list[AVDataSample] | Tensor:
        """Run the model.

        Args:
            inputs: What the data preprocessor gives; see
                :meth:`SeparationDataPreprocessor.forward`.
            data_samples: M mixtures; needed for 'predict'.
            mode: 'loss' gives a dict of scalars, 'predict' the mixtures with ``pred_sources``,
                'tensor' the estimates of all sources.

        Raises:
            ValueError: Another mode.
        """
        if mode == 'loss':
            return self.loss(inputs, data_samples)
        if mode == 'predict':
            return self.predict(inputs, data_samples)
        if mode == 'tensor':
            return self.separate(inputs)
        raise ValueError(f"mode must be 'loss', 'predict' or 'tensor', not {mode!r}")

    @abstractmethod
    def separate(self, inputs: dict[str, Tensor]) -> Tensor:
        """Estimate every source: [S, L], finite, as long as the mixture."""

    def loss(
        self, inputs: dict[str, Tensor], data_samples: list[AVDataSample]
    ) -> dict[str, Tensor]:
        """Named losses."""
        raise NotImplementedError(f'{type(self).__name__} is not trained: test it as it is')

    def predict(
        self, inputs: dict[str, Tensor], data_samples: list[AVDataSample]
    ) -> list[AVDataSample]:
        """Store mixture, references and estimates in the mixtures' samples."""
        estimates = self.separate(inputs)
        for number, sample in enumerate(data_samples):
            mine = inputs['index'] == number
            sample.mixture = inputs['mixture'][number]
            sample.gt_sources = inputs['sources'][mine]
            sample.pred_sources = estimates[mine]
            sample.source_labels = inputs['labels'][mine]
        return data_samples

    def parse_losses(self, losses: dict[str, Tensor]) -> tuple[Tensor, dict[str, Tensor]]:
        """Sum the losses; what is logged is their mean over all processes."""
        total, log = super().parse_losses(losses)
        return total, type(log)((name, mean_over_ranks(value)) for name, value in log.items())


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
