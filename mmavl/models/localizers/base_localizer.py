"""The base class of localizers."""

import hashlib
from collections.abc import Iterable, Sequence
from typing import cast

import torch
from mmengine.structures import PixelData
from torch import Tensor, nn
from torch.nn import functional as F

from mmavl.errors import ConfigError
from mmavl.structures import AVDataSample
from mmavl.utils.names import name_bytes

from ..av_model import AVModel
from ..map_transforms import BaseMapTransform, MapContext, build_map_transforms


class BaseLocalizer(AVModel):
    """A model that locates sounding objects in an image.

    Inputs are ``image`` [N, 3, H, W] or ``image_features``, and ``spectrogram`` [N, 1, T, F]
    or ``audio_features``; :meth:`predict` fills ``pred_maps`` and ``map_labels`` of N samples, and
    :meth:`extract` returns feature maps and logits.

    Args:
        data_preprocessor: Config. Defaults to None.
        map_transforms: Configs of the transforms applied to the predicted maps, in order, see
            :mod:`mmavl.models.map_transforms`; a name alone stands for one without arguments.
            Defaults to none.
        init_cfg: mmengine's initialisation config. Defaults to None.
    """

    #: Whether it returns maps of all classes that may sound, not only of the requested ones.
    maps_of_likely = False

    def __init__(
        self,
        data_preprocessor: dict | None = None,
        map_transforms: Sequence[dict | str] = (),
        init_cfg: dict | None = None,
    ) -> None:
        super().__init__(data_preprocessor, init_cfg)
        self.map_transforms: nn.ModuleList = build_map_transforms(map_transforms)

    @property
    def predicts_classes(self) -> bool:
        """Whether it says which classes sound; scoring by ``NAME/predicted`` needs that."""
        return self.needs_classes

    def check_transforms(self) -> None:
        """Check that the model has the parts required by its map transforms.

        Raises:
            ConfigError: A part is missing.
        """
        for transform in cast(Iterable[BaseMapTransform], self.map_transforms):
            for part in transform.needs:
                if getattr(self, part, None) is None:
                    raise ConfigError(
                        f'{type(transform).__name__} in map_transforms needs {part}, which '
                        f'{type(self).__name__} does not have'
                    )

    def transform_maps(self, maps: Tensor, context: MapContext) -> Tensor:
        """Apply the map transforms: [P, h, w] -> [P, h', w'].

        Raises:
            ConfigError: The model lacks a part that a transform needs.
        """
        self.check_transforms()
        for transform in self.map_transforms:
            maps = transform(maps, context)
        return maps


def valid_classes(probs: Tensor, threshold: float) -> Tensor:
    """Classes above a threshold, and the best class of each clip: [N, C] -> bool [N, C]."""
    best = F.one_hot(probs.argmax(1), probs.shape[1]).bool()
    return (probs > threshold) | best


def stack_tags(data_samples: list[AVDataSample], name: str = 'gt_tags') -> Tensor:
    """Tags of a batch, float32 [N, C]; 'gt_visual_tags' falls back to 'gt_tags'."""
    return torch.stack([s.get(name, s.get('gt_tags')).float() for s in data_samples])


def clip_numbers(data_samples: list[AVDataSample], device: torch.device) -> Tensor:
    """A 63-bit number for each clip id, the same on all processes, long [N]."""
    digests = [hashlib.blake2b(name_bytes(s.clip_id), digest_size=8) for s in data_samples]
    numbers = [int.from_bytes(d.digest(), 'big') >> 1 for d in digests]
    return torch.tensor(numbers, device=device)


def store_tags(
    samples: list[AVDataSample], audio_probs: Tensor, visual_probs: Tensor, predicted: Tensor
) -> None:
    """Store audio and visual class probabilities [N, C], and which classes are predicted."""
    for sample, audio, visual, mask in zip(samples, audio_probs, visual_probs, predicted):
        sample.pred_tags = audio
        sample.pred_visual_tags = visual
        sample.pred_labels = mask.nonzero()[:, 0]


def store_correspondence(samples: list[AVDataSample], pairs: Tensor) -> None:
    """Store the probability of correspondence of the matching and the rolled pair, [N, 2]."""
    for sample, pair in zip(samples, pairs):
        sample.pred_avc = pair


def store_maps(samples: list[AVDataSample], maps: Tensor, pairs: Tensor) -> None:
    """Store maps [P, h, w] of (clip, label) pairs [P, 2], sorted by clip, in their samples."""
    clips, labels = pairs.unbind(1)
    for index, sample in enumerate(samples):
        mine = clips == index
        sample.pred_maps = PixelData(data=maps[mine].float())
        sample.map_labels = labels[mine]
