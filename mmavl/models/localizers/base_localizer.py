"""The interface of a localizer."""

import hashlib
from abc import abstractmethod

import torch
from mmengine.model import BaseModel
from mmengine.structures import PixelData
from torch import Tensor

from mmavl.structures import AVDataSample
from mmavl.utils.distributed import mean_over_ranks


class BaseLocalizer(BaseModel):
    """A model with three modes: 'loss', 'predict' and 'tensor'.

    A subclass gives :meth:`loss` and :meth:`predict`; mmengine's Runner calls the rest.

    Args:
        data_preprocessor: Config. Defaults to None.
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
    ) -> dict[str, Tensor] | list[AVDataSample]:
        """Run the model.

        Args:
            inputs: What the data preprocessor gives: ``image`` [N, 3, H, W] or
                ``image_features``, and ``spectrogram`` [N, 1, T, F] or ``audio_features``.
            data_samples: N samples; needed except in mode 'tensor'.
            mode: 'loss' gives a dict of scalars, 'predict' the samples with predictions,
                'tensor' a dict of feature maps and logits.

        Raises:
            ValueError: Another mode.
        """
        if mode == 'loss':
            return self.loss(inputs, data_samples)
        if mode == 'predict':
            return self.predict(inputs, data_samples)
        if mode == 'tensor':
            return self.extract(inputs)
        raise ValueError(f"mode must be 'loss', 'predict' or 'tensor', not {mode!r}")

    @abstractmethod
    def extract(self, inputs: dict[str, Tensor]) -> dict[str, Tensor]:
        """Feature maps and logits."""

    @abstractmethod
    def loss(
        self, inputs: dict[str, Tensor], data_samples: list[AVDataSample]
    ) -> dict[str, Tensor]:
        """Named losses."""

    @abstractmethod
    def predict(
        self, inputs: dict[str, Tensor], data_samples: list[AVDataSample]
    ) -> list[AVDataSample]:
        """Fill the prediction fields of the samples."""

    def parse_losses(self, losses: dict[str, Tensor]) -> tuple[Tensor, dict[str, Tensor]]:
        """Sum the losses; what is logged is their mean over all processes."""
        total, log = super().parse_losses(losses)
        return total, type(log)((name, mean_over_ranks(value)) for name, value in log.items())


def stack_tags(data_samples: list[AVDataSample], name: str = 'gt_tags') -> Tensor:
    """Tags of a batch, [N, C]; 'gt_visual_tags' falls back to 'gt_tags' for each sample."""
    return torch.stack([s.get(name, s.get('gt_tags')) for s in data_samples])


def clip_numbers(data_samples: list[AVDataSample], device: torch.device) -> Tensor:
    """One 63-bit number for each clip id, equal on every process, long [N]."""
    digests = [hashlib.blake2b(s.clip_id.encode(), digest_size=8) for s in data_samples]
    numbers = [int.from_bytes(d.digest(), 'big') >> 1 for d in digests]
    return torch.tensor(numbers, device=device)


def store_maps(samples: list[AVDataSample], maps: Tensor, clips: Tensor, labels: Tensor) -> None:
    """Write maps [P, h, w] of (clip, label) pairs, ordered by clip, into their samples."""
    for index, sample in enumerate(samples):
        mine = clips == index
        sample.pred_maps = PixelData(data=maps[mine].float())
        sample.map_labels = labels[mine]
