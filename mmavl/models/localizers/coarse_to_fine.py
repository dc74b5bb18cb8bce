"""Multiple sound sources localization from coarse to fine."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from mmavl.registry import MODELS
from mmavl.structures import AVDataSample

from ..disentanglers import grad_cam
from ..heads import AlignmentHead, AVCHead, ClassMaps
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
from .channels import check_channels


@dataclass
class Features:
    """Feature maps of a batch, named as in Fig. 2."""

    audio: Tensor  # F_a
    visual_low: Tensor  # O_v
    visual: Tensor  # F_v
    backbone_audio: Tensor  # the audio backbone's output: F_a if there is no neck
    embedded_audio: Tensor | None = None  # E_a
    embedded_visual: Tensor | None = None  # E_v

    @property
    def embedded(self) -> tuple[Tensor, Tensor]:
        """E_a and E_v of a model with an AVC head."""
        assert self.embedded_audio is not None
        assert self.embedded_visual is not None
        return self.embedded_audio, self.embedded_visual


@MODELS.register_module()
class CoarseToFine(BaseLocalizer):
    """The model of the paper; the three rows of Table 2 are three configs of this class.

    The parts determine what is trained: ``avc_head`` alone is AVC; with both tag heads it is
    Multi-task (stage 1, Eq. 3); with ``disentangler`` and ``alignment_head`` as well, coarse to
    fine (stage 2, Eq. 3 + Eq. 7).

    Args:
        audio_backbone, visual_backbone: Configs. The visual one returns (O_v, F_v), or one map
            for both.
        audio_neck, visual_neck: Trainable convolutions after frozen backbones: the first maps
            the audio backbone's output to F_a, the second O_v to F_v. Default to None.
        avc_head, audio_tag_head, visual_tag_head, disentangler, alignment_head: Configs of the
            parts. Default to None.
        tag_loss: Config. Defaults to ``TagLoss``, Eq. 1.
        valid: Which classes are valid: 'tags' uses the clip's tags, 'predictions' the predicted
            classes. Defaults to 'tags'.
        valid_threshold: Classes above this probability are predicted; the best class always is,
            so that each clip has one. Defaults to 0.3.
        stage: How to localize: 'alignment' (Eq. 8), 'category' (class activation) or
            'correspondence' (Grad-CAM of the AVC logit, class-agnostic). Defaults to None, the
            finest available.
        **kwargs: ``data_preprocessor``, ``map_transforms`` and ``init_cfg``, as for
            :class:`BaseLocalizer`.

    Raises:
        ValueError: A part that another part or the stage needs is missing, or expects other
            channels than the part before it returns.
        ConfigError: A part that a map transform needs is missing.

    Source: section 3 of the paper.
    """

    def __init__(
        self,
        audio_backbone: dict,
        visual_backbone: dict,
        audio_neck: dict | None = None,
        visual_neck: dict | None = None,
        avc_head: dict | None = None,
        audio_tag_head: dict | None = None,
        visual_tag_head: dict | None = None,
        disentangler: dict | None = None,
        alignment_head: dict | None = None,
        tag_loss: dict | None = None,
        valid: str = 'tags',
        valid_threshold: float = 0.3,
        stage: str | None = None,
        **kwargs,
    ) -> None:
        super().__init__(**kwargs)

        def build(config: dict | None) -> Any:
            return None if config is None else MODELS.build(config)

        self.audio_backbone: nn.Module = build(audio_backbone)
        self.visual_backbone: nn.Module = build(visual_backbone)
        self.audio_neck: nn.Module | None = build(audio_neck)
        self.visual_neck: nn.Module | None = build(visual_neck)
        self.avc_head: AVCHead | None = build(avc_head)
        self.audio_tag_head: nn.Module | None = build(audio_tag_head)
        self.visual_tag_head: nn.Module | None = build(visual_tag_head)
        self.disentangler: nn.Module | None = build(disentangler)
        self.alignment_head: AlignmentHead | None = build(alignment_head)
        self.tag_loss: nn.Module = build(tag_loss or {'type': 'TagLoss'})
        if valid not in ('tags', 'predictions'):
            raise ValueError(f"valid must be 'tags' or 'predictions', not {valid!r}")
        self.valid = valid
        self.valid_threshold = valid_threshold
        self.stage = stage or self._finest_stage()
        self._check_parts()

    @property
    def needs_classes(self) -> bool:
        """False for correspondence, which has a single map of the whole sound."""
        return self.visual_tag_head is not None

    @property
    def trains_on(self) -> tuple[str, ...]:
        """Tags, for its heads."""
        return () if self.audio_tag_head is None else ('tags',)

    def _finest_stage(self) -> str:
        if self.alignment_head is not None:
            return 'alignment'
        return 'correspondence' if self.visual_tag_head is None else 'category'

    def _check_parts(self) -> None:
        tagging = ('audio_tag_head', 'visual_tag_head', 'disentangler')
        needs = {
            'alignment': ('avc_head', 'alignment_head', *tagging),
            'category': tagging,
            'correspondence': ('avc_head',),
        }
        if self.stage not in needs:
            raise ValueError(f'stage must be one of {", ".join(needs)}, not {self.stage!r}')
        missing = [name for name in needs[self.stage] if getattr(self, name) is None]
        if missing:
            raise ValueError(f'stage {self.stage!r} needs {", ".join(missing)} in the config')
        if self.audio_tag_head is not None and self.visual_tag_head is None:
            raise ValueError(
                'audio_tag_head needs visual_tag_head in the config: both are trained'
            )
        check_channels(self)
        self.check_transforms()

    def features(self, inputs: dict[str, Tensor]) -> Features:
        """Feature maps of a batch."""
        backbone_audio = inputs.get('audio_features')
        if backbone_audio is None:
            backbone_audio = self.audio_backbone(inputs['spectrogram'])
        visual = inputs.get('image_features')
        if visual is None:
            visual = self.visual_backbone(inputs['image'])
        low, high = (visual, visual) if isinstance(visual, Tensor) else visual
        audio = backbone_audio if self.audio_neck is None else self.audio_neck(backbone_audio)
        high = high if self.visual_neck is None else self.visual_neck(low)
        features = Features(audio, low, high, backbone_audio)
        if self.avc_head is not None:
            taken = audio if self.avc_head.audio_neck is None else backbone_audio
            features.embedded_audio, features.embedded_visual = self.avc_head.embed(taken, low)
        return features

    def extract(self, inputs: dict[str, Tensor]) -> dict[str, Tensor]:
        """Feature maps F_a, O_v, F_v, E_a, E_v and the logits of the available heads."""
        features = self.features(inputs)
        out = {'F_a': features.audio, 'O_v': features.visual_low, 'F_v': features.visual}
        if self.avc_head is not None:
            out['E_a'], out['E_v'] = features.embedded
            out['avc_logits'] = self.avc_head(out['E_a'], out['E_v'])
        if (logits := self._tag_logits(features)) is not None:
            out['audio_tag_logits'], out['visual_tag_logits'] = logits
        return out

    def _tag_logits(self, features: Features) -> tuple[Tensor, Tensor] | None:
        """Logits [N, C] of sounds and images; None without tag heads."""
        if self.audio_tag_head is None or self.visual_tag_head is None:
            return None
        return self.audio_tag_head(features.audio), self.visual_tag_head(features.visual)

    def loss(
        self, inputs: dict[str, Tensor], data_samples: list[AVDataSample]
    ) -> dict[str, Tensor]:
        """Eq. 3, plus Eq. 7 if there is an alignment head."""
        features = self.features(inputs)
        losses = {}
        if (logits := self._tag_logits(features)) is not None:
            tags = stack_tags(data_samples).to(features.audio.device)
            visual_tags = stack_tags(data_samples, 'gt_visual_tags').to(tags.device)
            audio_logits, visual_logits = logits
            losses['loss_audio_tag'] = self.tag_loss(audio_logits, tags)
            losses['loss_visual_tag'] = self.tag_loss(visual_logits, visual_tags)
        if self.avc_head is not None:
            clips = clip_numbers(data_samples, features.audio.device)
            losses['loss_avc'] = self.avc_head.loss(*features.embedded, clips)
        if self.alignment_head is not None:
            if self.valid == 'tags':
                audible, visible = tags > 0.5, visual_tags > 0.5
            else:
                audible = valid_classes(audio_logits.sigmoid(), self.valid_threshold)
                visible = valid_classes(visual_logits.sigmoid(), self.valid_threshold)
            head = self.alignment_head
            losses['loss_alignment'] = self._alignment_loss(head, features, audible, visible)
        return losses

    def _alignment_loss(
        self, head: AlignmentHead, features: Features, audible: Tensor, visible: Tensor
    ) -> Tensor:
        """Eq. 4 to 7 for the classes in two masks [N, C]."""
        mask = torch.ones_like(visible) if head.loss_fn.needs_absent else visible
        pairs = mask.nonzero()
        objects = ClassMaps(features.embedded[1], self.visual_maps(features, pairs), pairs)
        sounds = self._sounds(features, audible.nonzero())
        return head.loss(sounds, objects, visible[mask], features.backbone_audio)

    def _sounds(self, features: Features, pairs: Tensor) -> ClassMaps:
        """Eq. 4 for sounds: E_a, and W_a of (clip, class) pairs [P, 2]."""
        maps = self._disentangled(features.audio, self.audio_tag_head, pairs)
        return ClassMaps(features.embedded[0], maps, pairs)

    def visual_maps(self, features: Features, pairs: Tensor) -> Tensor:
        """Eq. 4 for images: W_v [P, h, w] of (clip, class) pairs [P, 2]."""
        return self._disentangled(features.visual, self.visual_tag_head, pairs)

    def _disentangled(self, features: Tensor, head: nn.Module | None, pairs: Tensor) -> Tensor:
        assert self.disentangler is not None  # the stages that come here need it
        return self.disentangler(features, head, *pairs.unbind(1))

    def predict(
        self, inputs: dict[str, Tensor], data_samples: list[AVDataSample]
    ) -> list[AVDataSample]:
        """Tags, correspondence, and maps of the given and the predicted classes."""
        features = self.features(inputs)
        device = features.audio.device
        asked = stack_tags(data_samples).to(device) > 0.5
        if (logits := self._tag_logits(features)) is not None:
            audio_probs, visual_probs = (each.float().sigmoid() for each in logits)
            predicted = valid_classes(audio_probs, self.valid_threshold)
            store_tags(data_samples, audio_probs, visual_probs, predicted)
            asked = asked | predicted
        if self.avc_head is not None:
            clips = clip_numbers(data_samples, device)
            probs = self.avc_head.correspondence(*features.embedded, clips)
            store_correspondence(data_samples, probs)
        maps, pairs = self._maps(features, asked)
        maps = self.transform_maps(maps, MapContext(self, features, pairs, inputs))
        store_maps(data_samples, maps, pairs)
        return data_samples

    def _maps(self, features: Features, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Maps [P, h, w] of the stage for a mask [N, C], and their (clip, class) pairs [P, 2].

        Correspondence is class-agnostic: Grad-CAM of its logit on E_v, with class -1.
        """
        if self.stage == 'correspondence':
            clips = torch.arange(len(mask), device=mask.device)
            pairs = torch.stack([clips, torch.full_like(clips, -1)], dim=1)
            head = self.avc_head
            assert head is not None  # the stage needs it
            audio, visual = features.embedded
            audio = audio.detach()
            return grad_cam(visual, lambda visual: head(audio, visual)[:, 1]), pairs
        pairs = mask.nonzero()
        if self.stage == 'category':
            return self.visual_maps(features, pairs), pairs
        sounds = self._sounds(features, pairs)
        assert self.alignment_head is not None  # the stage needs it
        return self.alignment_head.localize(sounds, features.embedded[1]), pairs
