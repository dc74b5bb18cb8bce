"""The first localizer by attention: a sound picks the cells that explain it."""

import torch
from mmengine.structures import BaseDataElement
from torch import Tensor, nn
from torch.nn import functional as F

from mmavl.evaluation.functional import min_max, union_reference
from mmavl.registry import MODELS
from mmavl.structures import AVDataSample
from mmavl.utils.autocast import full_precision
from mmavl.utils.distributed import gather_cat

from .base_localizer import clip_numbers
from .similarity_localizer import SimilarityLocalizer, check_batch, other_clips


@MODELS.register_module()
class AttentionLocalizer(SimilarityLocalizer):
    """What a sound attends to in its picture must predict that sound better than others.

    The sound f is its map's mean; ``h = normalise(audio_neck(ReLU(f)))``. The attention over the
    cells V of the picture is ``a = softmax(ReLU(<h, normalise(V)>))``, and what it finds,
    ``z = sum a V``, predicts the sound: ``f_v = fc2(ReLU(fc1(ReLU(z))))``. With d+ and d- the
    distances of f_v from the own and from another sound, the loss is ``softmax(d+, d-)[0] ** 2``,
    the squared error of both parts of the softmax. Where ``supervised_weight`` is above 0 and a
    sample has boxes, ``-sum g log a`` is added, g being how much of a cell they cover.

    The softmax has no temperature, as published: no cell has more than e times the attention of
    another. The cells should be a frozen network's: a trained ``visual_neck`` puts what predicts
    the sound into any of them.

    Differences from the published code: every other clip of the batch (of all processes) is the
    other sound in turn, where one is drawn there, and copies of a clip are left out; g is the
    consensus of the annotators where there are several, and all sounding boxes of one, not the
    box of an annotator drawn; a batch of one is refused in training and works for prediction.
    The published networks are VGG-16 and SoundNet's 1000 values of a sound, both frozen; a
    published checkpoint fits only where ``audio_backbone`` gives these.

    Args:
        supervised_weight: Of the supervised loss. Defaults to 0, unsupervised; published: 1.
        **kwargs: As for :class:`SimilarityLocalizer`; ``audio_neck`` is a
            :class:`PooledProjection` of the sound to as many channels as the cells have.

    Source: A. Senocak et al., "Learning to localize sound source in visual scenes", CVPR 2018,
    Eq. 1 to 9.
    """

    published_names = {
        'vision_embedding_model.feature_extraction.': 'visual_backbone.backbone.net.',
        'sound_fc1.': 'audio_neck.0.',
        'sound_fc2.': 'audio_neck.2.',
        'vision_fc1.': 'to_sound.1.',
        'vision_fc2.': 'to_sound.3.',
    }
    published_ignored = ()
    published_without = ('audio_backbone',)

    def __init__(self, audio_neck: dict, supervised_weight: float = 0.0, **kwargs) -> None:
        super().__init__(audio_neck=audio_neck, **kwargs)
        self.supervised_weight = supervised_weight
        sound, cells = self.audio_neck.in_channels, self.audio_neck.out_channels
        self.to_sound = nn.Sequential(
            nn.ReLU(), nn.Linear(cells, cells), nn.ReLU(), nn.Linear(cells, sound)
        )

    @property
    def trains_on(self) -> tuple[str, ...]:
        """Boxes, for the supervised loss."""
        return ('boxes',) if self.supervised_weight else ()

    def _sounds_and_cells(self, inputs: dict[str, Tensor]) -> tuple[Tensor, Tensor, Tensor]:
        """The sound f [N, d], its query h [N, c] and the cells V [N, c, h, w]."""
        sounds = self.audio_map(inputs).mean((-2, -1), keepdim=True)
        queries = self.audio_neck(sounds.relu())
        cells = self.visual_neck(self.visual_map(inputs))
        return sounds.flatten(1).float(), queries.float(), cells.float()

    def embed(self, inputs: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
        """Unit vectors: the sound's query [N, c], and the cells [N, c, h, w]."""
        _, queries, cells = self._sounds_and_cells(inputs)
        return F.normalize(queries, dim=1), F.normalize(cells, dim=1)

    def localize(self, audio: Tensor, visual: Tensor) -> Tensor:
        """The attention, stretched to [0, 1]: [N, h, w]."""
        return min_max(log_attention(audio, visual).exp())

    def loss(
        self, inputs: dict[str, Tensor], data_samples: list[AVDataSample]
    ) -> dict[str, Tensor]:
        """The unsupervised loss, over the batch of all processes, and the supervised one.

        Raises:
            ConfigError: The batch has one clip, which leaves nothing to compare it with.
        """
        sounds, queries, cells = self._sounds_and_cells(inputs)
        with full_precision(sounds.device):
            units = F.normalize(queries, dim=1), F.normalize(cells, dim=1)
            attention = log_attention(*units)
            attended = torch.einsum('nhw,nchw->nc', attention.exp(), cells)
            clips = clip_numbers(data_samples, sounds.device)
            local = sounds, self.to_sound(attended), clips
            sounds, predicted, clips = (gather_cat(tensor) for tensor in local)
            check_batch(clips, type(self).__name__)
            losses = self.contrast(sounds, predicted, clips)
            if self.supervised_weight:
                masks = sounding_masks(data_samples, attention)
                supervised = -(masks * attention).sum((1, 2)).mean()
                losses['loss_supervised'] = self.supervised_weight * supervised
        return losses

    def contrast(self, audio: Tensor, visual: Tensor, clips: Tensor) -> dict[str, Tensor]:
        """The own sound must be nearer to the predicted one than other sounds.

        Args:
            audio: Sounds f [N, d].
            visual: Sounds f_v [N, d] predicted from pictures.
            clips: long [N].
        """
        mode = 'donot_use_mm_for_euclid_dist'  # exact, also for sounds that are nearly equal
        distances = torch.cdist(visual, audio, compute_mode=mode)
        share = (distances.diagonal()[:, None] - distances).sigmoid()
        others = other_clips(clips)
        counts = others.sum(1)
        means = (share.square() * others).sum(1) / counts.clamp_min(1)
        return {'loss_triplet': means.sum() / (counts > 0).sum().clamp_min(1)}


def log_attention(audio: Tensor, visual: Tensor) -> Tensor:
    """Logarithm of the attention of [N, c] to the cells of [N, c, h, w]: [N, h, w]."""
    cosines = torch.einsum('nc,nchw->nhw', audio, visual).relu()
    return cosines.flatten(1).log_softmax(1).view_as(cosines)


def sounding_masks(samples: list[AVDataSample], like: Tensor) -> Tensor:
    """How much of each cell sounds, by annotation; 0 where a sample has none.

    Args:
        samples: With ``gt_map``, or ``gt_instances`` and the size of their frame, or neither.
        like: A map [N, h, w].

    Returns:
        [N, h, w] in [0, 1].
    """
    masks = torch.zeros_like(like)
    for mask, sample in zip(masks, samples):
        full = sample.get('gt_map')
        if full is None:
            full = _union(sample)
        if full is not None:
            mask.copy_(F.adaptive_avg_pool2d(full.float()[None], mask.shape)[0])
    return masks


def _union(sample: BaseDataElement) -> Tensor | None:
    """Pixels that the sounding boxes cover, bool [256, 256]; None without boxes."""
    boxes = sample.get('gt_instances')
    if boxes is None or not boxes.sounding.any():
        return None
    height, width = sample.input_shape
    corners = boxes.bboxes[boxes.sounding]
    return union_reference(corners / corners.new_tensor([width, height, width, height]), 256)
