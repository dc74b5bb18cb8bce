"""SSLAlign: sound source localization is all about cross-modal alignment."""

import torch
from torch import Tensor
from torch.nn import functional as F

from mmavl.errors import ConfigError
from mmavl.registry import MODELS
from mmavl.structures import AVDataSample

from .base_localizer import clip_numbers
from .lvs import LVS, weighted_mean
from .similarity_localizer import SimilarityLocalizer, copies, similarities


@MODELS.register_module()
class SSLAlign(SimilarityLocalizer):
    """Every view of a clip's picture is to match every view of its sound, as maps and as a whole.

    The views are the clip, the clip augmented, and its neighbours, see
    :class:`~mmavl.datasets.ViewDataset`. With A the cosines of the cells of picture n with sound m
    and g the cosine of both as a whole, for each view i of the pictures and j of the sounds::

        pos = sigmoid((A - positive) / sharpness)
        local_nm = sum_x(pos * A) / sum_x(pos),  whole_nm = g
        loss = cross-entropy of (local / temperature)'s rows + that of (whole / temperature)'s rows

    The plain sum over i and j is the loss: 18 terms for three views. Pictures are the anchors.
    The vectors as a whole are projections of the maxima of the maps that are compared cell by
    cell.

    Differences from the published code: a pair whose picture and sound come from one clip is never
    a negative, which neighbours often make; the batch is that of all processes. Published with
    object guidance for part of the numbers.

    Args:
        audio_whole, visual_whole: Configs of the projections of a whole sound and picture.
        positive: Cosine from which a cell counts. Defaults to 0.65.
        sharpness: Of the sigmoid. Defaults to 0.03.
        temperature: Defaults to 0.07.
        **kwargs: As for :class:`SimilarityLocalizer`.

    Source: A. Senocak et al., ICCV 2023, section 3.
    """

    published_names = {
        **LVS.published_names,
        'img_proj.': 'visual_whole.0.',
        'aud_proj.': 'audio_whole.0.',
    }
    published_ignored = (*LVS.published_ignored, 'vision_fc1.', 'conv3.', 'norm3.')

    def __init__(
        self,
        audio_whole: dict,
        visual_whole: dict,
        positive: float = 0.65,
        sharpness: float = 0.03,
        temperature: float = 0.07,
        **kwargs,
    ) -> None:
        super().__init__(**kwargs)
        self.audio_whole = MODELS.build(audio_whole)
        self.visual_whole = MODELS.build(visual_whole)
        self.positive = positive
        self.sharpness = sharpness
        self.temperature = temperature

    def contrasted(
        self, inputs: dict[str, Tensor], data_samples: list[AVDataSample]
    ) -> tuple[Tensor, ...]:
        """Vectors of B clips by view, [B, V, ...], and the clips that they are of, long [B, V].

        Raises:
            ConfigError: There is one view only, or not all clips have the same views.
        """
        audio = self.audio_neck(self.audio_map(inputs))
        visual = self.visual_neck(self.visual_map(inputs))
        vectors = (
            audio,
            visual,
            self.audio_whole(audio[..., None, None]),
            self.visual_whole(visual),
        )
        sounds = [s.get('audio_clip_id', s.clip_id) for s in data_samples]
        sounds = [AVDataSample(metainfo={'clip_id': clip}) for clip in sounds]
        tensors = [F.normalize(vector.float(), dim=1) for vector in vectors]
        tensors += [clip_numbers(samples, audio.device) for samples in (sounds, data_samples)]
        views = count_views(data_samples)
        return tuple(t.unflatten(0, (views, -1)).transpose(0, 1) for t in tensors)

    def contrast(  # type: ignore[override]  # it gets what the method's own contrasted gives
        self,
        audio: Tensor,
        visual: Tensor,
        whole_audio: Tensor,
        whole_visual: Tensor,
        sound_clips: Tensor,
        clips: Tensor,
    ) -> dict[str, Tensor]:
        """The sums over all pairs of views.

        Args:
            audio, visual: Unit vectors [B, V, d] and [B, V, d, h, w].
            whole_audio, whole_visual: Unit vectors [B, V, d'].
            sound_clips, clips: long [B, V], the clips of the sounds and of the pictures.
        """
        losses = dict.fromkeys(('loss_local', 'loss_whole'), audio.new_zeros(()))
        repeated = copies(clips[:, 0])
        for i in range(visual.shape[1]):
            for j in range(audio.shape[1]):
                left_out = repeated | same_clip(clips[:, i], sound_clips[:, j])
                local = self._local(audio[:, j], visual[:, i])
                whole = whole_visual[:, i] @ whole_audio[:, j].T
                losses['loss_local'] = losses['loss_local'] + self._rows(local, left_out)
                losses['loss_whole'] = losses['loss_whole'] + self._rows(whole, left_out)
        return losses

    def _local(self, audio: Tensor, visual: Tensor) -> Tensor:
        cosines = similarities(audio, visual)
        return weighted_mean(cosines, ((cosines - self.positive) / self.sharpness).sigmoid())

    def _rows(self, cosines: Tensor, left_out: Tensor) -> Tensor:
        logits = (cosines / self.temperature).masked_fill(left_out, -torch.inf)
        return F.cross_entropy(logits, torch.arange(len(logits), device=logits.device))


def same_clip(pictures: Tensor, sounds: Tensor) -> Tensor:
    """Pairs of two entries whose picture and sound are of one clip: twice [B] -> bool [B, B]."""
    same = pictures[:, None] == sounds
    return same & ~torch.eye(len(same), dtype=torch.bool, device=same.device)


def count_views(data_samples: list[AVDataSample]) -> int:
    """The number of views in a batch that comes view by view.

    Raises:
        ConfigError: There is one, or not all clips have the same views.
    """
    numbers = [sample.get('view', 0) for sample in data_samples]
    views = max(numbers) + 1
    clips = len(numbers) // views
    if views < 2 or numbers != [view for view in range(views) for _ in range(clips)]:
        raise ConfigError(
            'SSLAlign compares views of clips, but the batch is not ordered by view: use a '
            'ViewDataset as train_dataloader.dataset, and no collate_fn of your own'
        )
    return views
