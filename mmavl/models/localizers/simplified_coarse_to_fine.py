"""The simplified coarse-to-fine model released by the authors, with one shared feature map."""

import torch
from torch import Tensor

from mmavl.registry import MODELS
from mmavl.structures import AVDataSample

from ..heads import ClassMaps
from ..map_transforms import MapContext
from .base_localizer import (
    BaseLocalizer,
    clip_numbers,
    stack_tags,
    store_correspondence,
    store_maps,
    store_tags,
    valid_classes,
)


@MODELS.register_module()
class SimplifiedCoarseToFine(BaseLocalizer):
    """The simplified variant: tags, correspondence and alignment all use the last feature map.

    Differences from :class:`CoarseToFine`: there is no E_a and E_v. In training, sounds and
    objects are aligned where their *predicted* probabilities exceed the threshold, and a
    clip may have none. A class whose sound map is zero everywhere is silent, and its map is
    zero (:class:`CoarseToFine` averages the whole sound instead).

    Args:
        audio_backbone, visual_backbone: Configs; each returns one map.
        avc_head, audio_tag_head, visual_tag_head, disentangler: Configs of the parts.
        alignment_head: Config. Defaults to None: stage 1, localized by class activation.
        tag_loss: Config. Defaults to ``TagLoss``.
        valid_threshold: Classes above this probability are predicted; for predictions (not in
            training) the best class always is. Defaults to 0.3.
        **kwargs: ``data_preprocessor``, ``map_transforms`` and ``init_cfg``, as for
            :class:`BaseLocalizer`.

    Source: the folder ``new`` of the paper's code,
    github.com/shvdiwnkozbw/Multi-Source-Sound-Localization.
    """

    def __init__(
        self,
        audio_backbone: dict,
        visual_backbone: dict,
        avc_head: dict,
        audio_tag_head: dict,
        visual_tag_head: dict,
        disentangler: dict,
        alignment_head: dict | None = None,
        tag_loss: dict | None = None,
        valid_threshold: float = 0.3,
        **kwargs,
    ) -> None:
        super().__init__(**kwargs)
        self.audio_backbone = MODELS.build(audio_backbone)
        self.visual_backbone = MODELS.build(visual_backbone)
        self.avc_head = MODELS.build(avc_head)
        self.audio_tag_head = MODELS.build(audio_tag_head)
        self.visual_tag_head = MODELS.build(visual_tag_head)
        self.disentangler = MODELS.build(disentangler)
        self.alignment_head = MODELS.build(alignment_head) if alignment_head else None
        self.tag_loss = MODELS.build(tag_loss or {'type': 'TagLoss'})
        self.valid_threshold = valid_threshold

    def extract(self, inputs: dict[str, Tensor]) -> dict[str, Tensor]:
        """Feature maps F_a and F_v and the logits of the heads (correspondence: [N, N, 2])."""
        audio = self.audio_backbone(inputs['spectrogram'])
        visual = self.visual_backbone(inputs['image'])
        return {
            'F_a': audio,
            'F_v': visual,
            'audio_tag_logits': self.audio_tag_head(audio),
            'visual_tag_logits': self.visual_tag_head(visual),
            'avc_logits': self.avc_head(audio, visual),
        }

    def loss(
        self, inputs: dict[str, Tensor], data_samples: list[AVDataSample]
    ) -> dict[str, Tensor]:
        """Eq. 3, plus Eq. 7 if there is an alignment head."""
        audio = self.audio_backbone(inputs['spectrogram'])
        visual = self.visual_backbone(inputs['image'])
        audio_logits, visual_logits = self.audio_tag_head(audio), self.visual_tag_head(visual)
        tags = stack_tags(data_samples).to(audio.device)
        visual_tags = stack_tags(data_samples, 'gt_visual_tags').to(audio.device)
        losses = {
            'loss_audio_tag': self.tag_loss(audio_logits, tags),
            'loss_visual_tag': self.tag_loss(visual_logits, visual_tags),
            'loss_avc': self.avc_head.loss(
                audio, visual, clip_numbers(data_samples, audio.device)
            ),
        }
        if self.alignment_head is not None:
            audible, visible = (
                (logits.sigmoid() > self.valid_threshold).nonzero()
                for logits in (audio_logits, visual_logits)
            )
            losses['loss_alignment'] = self.alignment_head.loss(
                self._class_maps(audio, self.audio_tag_head, audible),
                self._class_maps(visual, self.visual_tag_head, visible),
            )
        return losses

    def _class_maps(self, features: Tensor, head: torch.nn.Module, pairs: Tensor) -> ClassMaps:
        """Eq. 4: maps of (clip, class) pairs [P, 2]."""
        return ClassMaps(features, self.disentangler(features, head, *pairs.unbind(1)), pairs)

    def predict(
        self, inputs: dict[str, Tensor], data_samples: list[AVDataSample]
    ) -> list[AVDataSample]:
        """Tags, correspondence, and maps of the given and the predicted classes."""
        audio = self.audio_backbone(inputs['spectrogram'])
        visual = self.visual_backbone(inputs['image'])
        audio_probs = self.audio_tag_head(audio).float().sigmoid()
        visual_probs = self.visual_tag_head(visual).float().sigmoid()
        predicted = valid_classes(audio_probs, self.valid_threshold)
        store_tags(data_samples, audio_probs, visual_probs, predicted)
        clips = clip_numbers(data_samples, audio.device)
        store_correspondence(data_samples, self.avc_head.correspondence(audio, visual, clips))
        pairs = ((stack_tags(data_samples).to(audio.device) > 0.5) | predicted).nonzero()
        head = self.alignment_head
        if head is None:
            maps = self._class_maps(visual, self.visual_tag_head, pairs).maps
        else:
            maps = head.localize(self._class_maps(audio, self.audio_tag_head, pairs), visual)
        context = MapContext(self, {'F_a': audio, 'F_v': visual}, pairs, inputs)
        store_maps(data_samples, self.transform_maps(maps, context), pairs)
        return data_samples
