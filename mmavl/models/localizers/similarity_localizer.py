"""Localization by similarity, without classes: what most methods of the field share."""

from abc import abstractmethod

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mmavl.errors import ConfigError
from mmavl.registry import MODELS
from mmavl.structures import AVDataSample
from mmavl.utils.autocast import full_precision
from mmavl.utils.distributed import gather_cat

from ..map_transforms import MapContext
from .base_localizer import BaseLocalizer, clip_numbers, store_maps


class SimilarityLocalizer(BaseLocalizer):
    """A sound's vector is compared with each cell of a picture; the cosines are the map.

    A subclass gives :meth:`contrast`, its loss over the batch of all processes. Other methods may
    be overridden: :meth:`embed` for other embeddings, :meth:`localize` for other maps.

    Args:
        audio_backbone, visual_backbone: Configs; each gives one map.
        audio_neck: Config of what makes a vector [N, d] of the sound's map. Defaults to
            :class:`PooledProjection`, the maximum over it.
        visual_neck: Config of what makes cells [N, d, h, w] of the picture's map. Defaults to
            None, the map itself.
        **kwargs: ``data_preprocessor``, ``map_transforms`` and ``init_cfg``, as for
            :class:`BaseLocalizer`.
    """

    def __init__(
        self,
        audio_backbone: dict,
        visual_backbone: dict,
        audio_neck: dict | None = None,
        visual_neck: dict | None = None,
        **kwargs,
    ) -> None:
        super().__init__(**kwargs)
        self.audio_backbone = MODELS.build(audio_backbone)
        self.visual_backbone = MODELS.build(visual_backbone)
        self.audio_neck = MODELS.build(audio_neck or {'type': 'PooledProjection'})
        self.visual_neck = MODELS.build(visual_neck) if visual_neck else nn.Identity()
        self.check_transforms()

    @property
    def least_batch(self) -> int:
        """A clip and another one."""
        return 2

    @property
    def needs_classes(self) -> bool:
        """It has one map of the whole sound."""
        return False

    def audio_map(self, inputs: dict[str, Tensor]) -> Tensor:
        """The audio backbone's map [N, c, t, f], from the cache where it is there."""
        cached = inputs.get('audio_features')
        return self.audio_backbone(inputs['spectrogram']) if cached is None else cached

    def visual_map(self, inputs: dict[str, Tensor]) -> Tensor:
        """The visual backbone's map [N, c, h, w], from the cache where it is there."""
        cached = inputs.get('image_features')
        return self.visual_backbone(inputs['image']) if cached is None else cached

    def embed(self, inputs: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
        """Unit vectors, float32: the sound's [N, d], and the picture's cells [N, d, h, w]."""
        audio = self.audio_neck(self.audio_map(inputs))
        visual = self.visual_neck(self.visual_map(inputs))
        return F.normalize(audio.float(), dim=1), F.normalize(visual.float(), dim=1)

    def extract(self, inputs: dict[str, Tensor]) -> dict[str, Tensor]:
        """The embeddings and each clip's map [N, h, w]."""
        audio, visual = self.embed(inputs)
        return {'audio': audio, 'visual': visual, 'maps': self.localize(audio, visual)}

    def loss(
        self, inputs: dict[str, Tensor], data_samples: list[AVDataSample]
    ) -> dict[str, Tensor]:
        """The loss over the batch of all processes: there are as many negatives on any number.

        Raises:
            ConfigError: The batch has one clip, which leaves nothing to compare it with.
        """
        local = self.contrasted(inputs, data_samples)
        tensors = [gather_cat(tensor) for tensor in local]
        check_batch(tensors[-1], type(self).__name__)
        with full_precision(tensors[-1].device):
            return self.contrast(*tensors)

    def contrasted(
        self, inputs: dict[str, Tensor], data_samples: list[AVDataSample]
    ) -> tuple[Tensor, ...]:
        """What :meth:`contrast` gets, of this process's batch; the clips' numbers last.

        A method with more vectors than :meth:`embed` gives overrides it, and tensors [N, ...] of
        all processes come to its :meth:`contrast`.
        """
        audio, visual = self.embed(inputs)
        return audio, visual, clip_numbers(data_samples, audio.device)

    @abstractmethod
    def contrast(self, audio: Tensor, visual: Tensor, clips: Tensor) -> dict[str, Tensor]:
        """Losses by name.

        Args:
            audio: Unit vectors [N, d].
            visual: Unit vectors of cells [N, d, h, w].
            clips: long [N], equal for copies of one clip, see :func:`other_clips`.
        """

    def localize(self, audio: Tensor, visual: Tensor) -> Tensor:
        """The map of each clip's own sound in its own picture, [N, h, w]."""
        return torch.einsum('nd,ndhw->nhw', audio, visual)

    def predict(
        self, inputs: dict[str, Tensor], data_samples: list[AVDataSample]
    ) -> list[AVDataSample]:
        """One map of the whole sound, with label -1."""
        audio, visual = self.embed(inputs)
        with full_precision(audio.device):
            maps = self.localize(audio, visual)
        numbers = torch.arange(len(maps), device=maps.device)
        pairs = torch.stack([numbers, torch.full_like(numbers, -1)], dim=1)
        features = {'audio': audio, 'visual': visual}
        context = MapContext(self, features, pairs, inputs)
        store_maps(data_samples, self.transform_maps(maps, context), pairs)
        return data_samples


def check_batch(clips: Tensor, method: str) -> None:
    """Check that a contrastive loss has something to contrast.

    Raises:
        ConfigError: There is one clip.
    """
    if len(clips) < 2:
        raise ConfigError(
            f'{method} compares the clips of a batch with each other, and this batch has '
            f'{len(clips)}: set train_dataloader.batch_size to 2 or more, and drop_last=True'
        )


def other_clips(clips: Tensor) -> Tensor:
    """Pairs that are neither a clip's own nor a copy of it: long [N] -> bool [N, N]."""
    return clips[:, None] != clips


def copies(clips: Tensor) -> Tensor:
    """Pairs of two entries that are one clip: long [N] -> bool [N, N], False on the diagonal."""
    return ~other_clips(clips) & ~torch.eye(len(clips), dtype=torch.bool, device=clips.device)


def similarities(audio: Tensor, visual: Tensor) -> Tensor:
    """Cosines of every picture's cells with every sound: [M, d], [N, d, h, w] -> [N, M, h, w]."""
    return torch.einsum('ndhw,md->nmhw', visual, audio)


def matching_loss(logits: Tensor, clips: Tensor) -> Tensor:
    """Cross-entropy of each row with its own column; copies of a clip are no negatives.

    Args:
        logits: [N, N].
        clips: long [N].
    """
    own = torch.arange(len(clips), device=clips.device)
    return F.cross_entropy(logits.masked_fill(copies(clips), -torch.inf), own)
