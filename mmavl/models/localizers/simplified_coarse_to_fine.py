"""Coarse to fine as its authors released it: one feature map for all parts."""

import torch
from torch import Tensor

from mmavl.registry import MODELS
from mmavl.structures import AVDataSample

from ..heads import weighted_pool
from .base_localizer import BaseLocalizer, clip_numbers, stack_tags, store_maps
from .class_maps import valid_classes


@MODELS.register_module()
class SimplifiedCoarseToFine(BaseLocalizer):
    """The simplified variant: tags, correspondence and alignment all read the last feature map.

    Differences from :class:`CoarseToFine`: no E_a and E_v; in training a sound and an object
    take part in the alignment where their *predicted* probabilities exceed the threshold, and a
    clip may have none; a class whose sound map is zero everywhere has no sound, and its map is
    zero (there: the average of the whole sound).

    Args:
        audio_backbone, visual_backbone: Configs; each gives one map.
        avc_head, audio_tag_head, visual_tag_head, disentangler: Configs of the parts.
        alignment_head: Config. Defaults to None: stage 1, localized by class activation.
        tag_loss: Config. Defaults to ``TagLoss``.
        valid_threshold: A class is predicted above this probability; for a prediction (not in
            training) the best class always is. Defaults to 0.3.
        data_preprocessor, init_cfg: As in mmengine.

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
        data_preprocessor: dict | None = None,
        init_cfg: dict | None = None,
    ) -> None:
        super().__init__(data_preprocessor, init_cfg)
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
        """Feature maps F_a and F_v and the logits of tags (correspondence: [N, N, 2])."""
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
        """Eq. 3, and Eq. 7 where there is an alignment head."""
        audio = self.audio_backbone(inputs['spectrogram'])
        visual = self.visual_backbone(inputs['image'])
        heard, seen = self.audio_tag_head(audio), self.visual_tag_head(visual)
        tags = stack_tags(data_samples).to(audio.device)
        visual_tags = stack_tags(data_samples, 'gt_visual_tags').to(audio.device)
        losses = {
            'loss_audio_tag': self.tag_loss(heard, tags),
            'loss_visual_tag': self.tag_loss(seen, visual_tags),
            'loss_avc': self.avc_head.loss(
                audio, visual, clip_numbers(data_samples, audio.device)
            ),
        }
        if self.alignment_head is not None:
            losses['loss_alignment'] = self.alignment_head.loss(
                *self._slots(audio, self.audio_tag_head, heard.sigmoid() > self.valid_threshold),
                *self._slots(visual, self.visual_tag_head, seen.sigmoid() > self.valid_threshold),
            )
        return losses

    def _slots(
        self, features: Tensor, head: torch.nn.Module, mask: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Eq. 4 and 5: class-specific features [P, c] of the pairs [P, 2] of a mask [N, C]."""
        pairs = mask.nonzero()
        clips, classes = pairs.unbind(1)
        maps = self.disentangler(features, head, clips, classes)
        something = maps.amax((-2, -1)) > 0
        return weighted_pool(features, maps, clips) * something[:, None], pairs

    def predict(
        self, inputs: dict[str, Tensor], data_samples: list[AVDataSample]
    ) -> list[AVDataSample]:
        """Tags, correspondence, and maps of the given and the predicted classes."""
        audio = self.audio_backbone(inputs['spectrogram'])
        visual = self.visual_backbone(inputs['image'])
        heard = self.audio_tag_head(audio).float().sigmoid()
        seen = self.visual_tag_head(visual).float().sigmoid()
        predicted = valid_classes(heard, self.valid_threshold)
        pairs = self.avc_head.correspondence(
            audio, visual, clip_numbers(data_samples, audio.device)
        )
        for i, sample in enumerate(data_samples):
            sample.pred_tags, sample.pred_visual_tags = heard[i], seen[i]
            sample.pred_labels = predicted[i].nonzero()[:, 0]
            sample.pred_avc = pairs[i]
        asked = (stack_tags(data_samples).to(audio.device) > 0.5) | predicted
        clips, classes = asked.nonzero().unbind(1)
        if self.alignment_head is None:
            maps = self.disentangler(visual, self.visual_tag_head, clips, classes)
        else:
            sounds, _ = self._slots(audio, self.audio_tag_head, asked)
            grid = self.alignment_head.project_grid(visual)
            projected = self.alignment_head.project_audio(sounds, classes)
            maps = self.alignment_head.heat_maps(projected, grid[clips])
        store_maps(data_samples, maps, clips, classes)
        return data_samples
