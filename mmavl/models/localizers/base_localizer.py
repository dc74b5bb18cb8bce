"""The interface of a localizer."""

import hashlib

import torch
from mmengine.structures import PixelData
from torch import Tensor

from mmavl.structures import AVDataSample
from mmavl.utils.names import name_bytes

from ..av_model import AVModel


class BaseLocalizer(AVModel):
    """A model that finds in an image what sounds.

    Its inputs are ``image`` [N, 3, H, W] or ``image_features``, and ``spectrogram`` [N, 1, T, F]
    or ``audio_features``; :meth:`predict` fills ``pred_maps`` and ``map_labels`` of N samples, and
    :meth:`extract` gives feature maps and logits.

    Args:
        data_preprocessor: Config. Defaults to None.
        init_cfg: mmengine's initialisation config. Defaults to None.
    """

    #: Whether it gives maps of all classes that may sound, and not only of those asked for.
    maps_of_likely = False


def stack_tags(data_samples: list[AVDataSample], name: str = 'gt_tags') -> Tensor:
    """Tags of a batch, float32 [N, C]; 'gt_visual_tags' falls back to 'gt_tags'."""
    return torch.stack([s.get(name, s.get('gt_tags')).float() for s in data_samples])


def clip_numbers(data_samples: list[AVDataSample], device: torch.device) -> Tensor:
    """One 63-bit number for each clip id, equal on every process, long [N]."""
    digests = [hashlib.blake2b(name_bytes(s.clip_id), digest_size=8) for s in data_samples]
    numbers = [int.from_bytes(d.digest(), 'big') >> 1 for d in digests]
    return torch.tensor(numbers, device=device)


def store_maps(samples: list[AVDataSample], maps: Tensor, clips: Tensor, labels: Tensor) -> None:
    """Write maps [P, h, w] of (clip, label) pairs, ordered by clip, into their samples."""
    for index, sample in enumerate(samples):
        mine = clips == index
        sample.pred_maps = PixelData(data=maps[mine].float())
        sample.map_labels = labels[mine]
