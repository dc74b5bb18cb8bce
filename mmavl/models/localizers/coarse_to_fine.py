"""Multiple sound sources localization from coarse to fine."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from mmavl.registry import MODELS
from mmavl.structures import AVDataSample

from ..disentanglers import grad_cam
from ..heads import smooth_maps, weighted_pool
from .base_localizer import BaseLocalizer, clip_numbers, stack_tags, store_maps
from .channels import check_channels
from .class_maps import (
    claimed_area,
    connected_to_peak,
    keep_peaks,
    resize_maps,
    valid_classes,
)

_REFINE_CELLS = 7
STAGES = ('alignment', 'category', 'correspondence', 'product')


@dataclass
class _Features:
    """Feature maps of a batch, named as in Fig. 2."""

    audio: Tensor  # F_a
    visual_low: Tensor  # O_v
    visual: Tensor  # F_v
    heard: Tensor  # the audio backbone's output: F_a where there is no neck
    embedded_audio: Tensor | None = None  # E_a
    embedded_visual: Tensor | None = None  # E_v


@MODELS.register_module()
class CoarseToFine(BaseLocalizer):
    """The paper's model; its three rows of Table 2 are three configs of this class.

    What is given decides what is trained: ``avc_head`` alone is AVC; with both tag heads it is
    Multi-task (stage 1, Eq. 3); with ``disentangler`` and ``alignment_head`` too, coarse to fine
    (stage 2, Eq. 3 + Eq. 7).

    Args:
        audio_backbone, visual_backbone: Configs. The visual one gives (O_v, F_v), or one map
            that serves as both.
        audio_neck, visual_neck: Trainable convolutions behind frozen backbones: the first maps
            the audio backbone's output to F_a, the second O_v to F_v. Defaults to None.
        avc_audio_neck: Maps the audio backbone's output to what the correspondence hears, where
            that is not F_a. Defaults to None.
        avc_head, audio_tag_head, visual_tag_head, disentangler, alignment_head: Configs of the
            parts. Default to None.
        tag_loss: Config. Defaults to ``TagLoss``, Eq. 1.
        avc_weight: Lambda of Eq. 3. Defaults to 1.0.
        alignment_weight: Of Eq. 7 beside Eq. 3. Defaults to 1.0.
        valid: 'tags' takes the classes that the clip's tags name as valid, 'predictions' those
            predicted. Defaults to 'tags'.
        valid_threshold: A class is predicted above this probability; the best class is always
            taken, so that no clip is empty. Defaults to 0.3.
        peak_threshold: Cells below this share of a map's maximum weigh nothing in Eq. 5, the
            others by how far they rise above it. A map that is a little above zero everywhere
            would else mix the whole background into the object. Defaults to 0, Eq. 5 as it is.
        refine_temperature: Weigh each visual map, for Eq. 5, by how well a cell fits the clip's
            own sound: ``exp((K - max K) / temperature)`` with Eq. 8's K averaged over 7 x 7 cells,
            without a gradient. Of two objects of one class it so pools the one that agrees with
            the sound. Defaults to None, off.
        correspondence_temperature: Multiply Eq. 8's heat by ``sigmoid(logit / temperature)`` of
            the correspondence that the AVC head sees between a cell alone and the whole sound.
            What sounds at all is so decided by Eq. 2's network, which of it by alignment. An
            extension of ours. Defaults to None, off.
        stage: How to localize: 'alignment' (Eq. 8), 'category' (class activation),
            'correspondence' (Grad-CAM of the AVC logit, class-agnostic), 'product' (of alignment
            and category, an extension of ours). Defaults to None, the finest there is.
        connected: Lower each class's map where it does not hang together with its maximum: one
            object for each class and frame. An extension of ours. Defaults to False.
        data_preprocessor, init_cfg: As in mmengine.

    Raises:
        ValueError: A part is missing that another one or the chosen stage needs, or takes other
            channels than the part before it gives.

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
        avc_audio_neck: dict | None = None,
        tag_loss: dict | None = None,
        avc_weight: float = 1.0,
        alignment_weight: float = 1.0,
        valid: str = 'tags',
        valid_threshold: float = 0.3,
        peak_threshold: float = 0.0,
        refine_temperature: float | None = None,
        correspondence_temperature: float | None = None,
        stage: str | None = None,
        connected: bool = False,
        data_preprocessor: dict | None = None,
        init_cfg: dict | None = None,
    ) -> None:
        super().__init__(data_preprocessor, init_cfg)

        def build(config: dict | None) -> nn.Module | None:
            return None if config is None else MODELS.build(config)

        self.audio_backbone = build(audio_backbone)
        self.visual_backbone = build(visual_backbone)
        self.audio_neck = build(audio_neck)
        self.visual_neck = build(visual_neck)
        self.avc_audio_neck = build(avc_audio_neck)
        self.avc_head = build(avc_head)
        self.audio_tag_head = build(audio_tag_head)
        self.visual_tag_head = build(visual_tag_head)
        self.disentangler = build(disentangler)
        self.alignment_head = build(alignment_head)
        self.tag_loss = build(tag_loss or {'type': 'TagLoss'})
        self.avc_weight = avc_weight
        self.alignment_weight = alignment_weight
        if valid not in ('tags', 'predictions'):
            raise ValueError(f"valid must be 'tags' or 'predictions', not {valid!r}")
        self.valid = valid
        self.valid_threshold = valid_threshold
        self.peak_threshold = peak_threshold
        self.refine_temperature = refine_temperature
        if correspondence_temperature is not None and correspondence_temperature <= 0:
            raise ValueError(
                f'correspondence_temperature={correspondence_temperature} is not above 0'
            )
        self.correspondence_temperature = correspondence_temperature
        self.stage = stage or self._finest_stage()
        self.connected = connected
        self._check_parts()

    @property
    def needs_classes(self) -> bool:
        """Not for correspondence alone, which has one map of the whole sound."""
        return self.visual_tag_head is not None

    def _finest_stage(self) -> str:
        if self.alignment_head is not None:
            return 'alignment'
        return 'correspondence' if self.visual_tag_head is None else 'category'

    def _check_parts(self) -> None:
        tagging = ('audio_tag_head', 'visual_tag_head', 'disentangler')
        needs = {
            'alignment': ('avc_head', 'alignment_head', *tagging),
            'product': ('avc_head', 'alignment_head', *tagging),
            'category': tagging,
            'correspondence': ('avc_head',),
        }
        if self.stage not in needs:
            raise ValueError(f'stage must be one of {", ".join(STAGES)}, not {self.stage!r}')
        missing = [name for name in needs[self.stage] if getattr(self, name) is None]
        if missing:
            raise ValueError(f'stage {self.stage!r} needs {", ".join(missing)} in the config')
        check_channels(self)

    def _features(self, inputs: dict[str, Tensor]) -> _Features:
        if 'audio_features' in inputs:
            audio = inputs['audio_features']
        else:
            audio = self.audio_backbone(inputs['spectrogram'])
        heard = audio
        if 'image_features' in inputs:
            visual = inputs['image_features']
        else:
            visual = self.visual_backbone(inputs['image'])
        low, high = (visual, visual) if isinstance(visual, Tensor) else visual
        if self.audio_neck is not None:
            audio = self.audio_neck(audio)
        if self.visual_neck is not None:
            high = self.visual_neck(low)
        features = _Features(audio, low, high, heard)
        if self.avc_head is not None:
            if self.avc_audio_neck is not None:
                audio = self.avc_audio_neck(heard)
            features.embedded_audio, features.embedded_visual = self.avc_head.embed(audio, low)
        return features

    def extract(self, inputs: dict[str, Tensor]) -> dict[str, Tensor]:
        """Feature maps F_a, O_v, F_v, E_a, E_v and the logits of the heads there are."""
        features = self._features(inputs)
        out = {'F_a': features.audio, 'O_v': features.visual_low, 'F_v': features.visual}
        if self.avc_head is not None:
            embedded = features.embedded_audio, features.embedded_visual
            out['E_a'], out['E_v'] = embedded
            out['avc_logits'] = self.avc_head(*embedded)
        if self.audio_tag_head is not None:
            out['audio_tag_logits'] = self.audio_tag_head(features.audio)
            out['visual_tag_logits'] = self.visual_tag_head(features.visual)
        return out

    def loss(
        self, inputs: dict[str, Tensor], data_samples: list[AVDataSample]
    ) -> dict[str, Tensor]:
        """Eq. 3, and Eq. 7 where there is an alignment head."""
        features = self._features(inputs)
        device = features.audio.device
        losses = {}
        if self.audio_tag_head is not None:
            tags = stack_tags(data_samples).to(device)
            visual_tags = stack_tags(data_samples, 'gt_visual_tags').to(device)
            heard = self.audio_tag_head(features.audio)
            seen = self.visual_tag_head(features.visual)
            losses['loss_audio_tag'] = self.tag_loss(heard, tags)
            losses['loss_visual_tag'] = self.tag_loss(seen, visual_tags)
        if self.avc_head is not None:
            losses['loss_avc'] = self.avc_weight * self.avc_head.loss(
                features.embedded_audio,
                features.embedded_visual,
                clip_numbers(data_samples, device),
            )
        if self.alignment_head is not None:
            if self.valid == 'tags':
                audible, visible = tags > 0.5, visual_tags > 0.5
            else:
                audible = valid_classes(heard.sigmoid(), self.valid_threshold)
                visible = valid_classes(seen.sigmoid(), self.valid_threshold)
            losses['loss_alignment'] = self.alignment_weight * self._alignment_loss(
                features, audible, visible
            )
        return losses

    def _alignment_loss(self, features: _Features, audible: Tensor, visible: Tensor) -> Tensor:
        loss_fn = self.alignment_head.loss_fn
        sounds, sound_pairs, sound_peaks = self._sounds(features, audible)
        mask = torch.ones_like(visible) if loss_fn.needs_absent else visible
        pairs = mask.nonzero()
        maps = self._visual_maps(features, pairs)
        peaks = keep_peaks(maps, self.peak_threshold)
        if self.refine_temperature is not None:
            peaks = peaks * self._agreement(features, sounds, sound_pairs, pairs)
        slots = weighted_pool(features.embedded_visual, peaks, pairs[:, 0])
        valid = visible[mask]
        background = None
        if loss_fn.needs_background:
            claimed = claimed_area(maps[valid], pairs[valid, 0], len(visible))
            background = weighted_pool(features.embedded_visual, 1 - claimed)
        return self.alignment_head.loss(
            sounds,
            sound_pairs,
            slots[valid],
            pairs[valid],
            slots[~valid] if loss_fn.needs_absent else None,
            background,
            weighted_pool(features.heard.detach(), sound_peaks, sound_pairs[:, 0])
            if loss_fn.needs_similarity
            else None,
        )

    @torch.no_grad()
    def _agreement(
        self, features: _Features, sounds: Tensor, sound_pairs: Tensor, pairs: Tensor
    ) -> Tensor:
        """How well each cell fits the pair's own sound, in (0, 1]; 1 where there is none."""
        grid = self.alignment_head.project_grid(features.embedded_visual)
        same = (pairs[:, None] == sound_pairs[None]).all(-1)
        slots, heard = same.nonzero(as_tuple=True)
        maps = self.alignment_head.distance_maps(
            self.alignment_head.project_audio(sounds[heard], sound_pairs[heard, 1]),
            grid[pairs[slots, 0]],
        )
        # averaged over about an object's size: to choose between objects, not within one
        maps = smooth_maps(maps, _REFINE_CELLS)
        maps = maps - maps.amax((-2, -1), keepdim=True)
        agreement = maps.new_ones(len(pairs), *maps.shape[1:])
        agreement[slots] = (maps / self.refine_temperature).exp()
        return agreement

    def _sounds(self, features: _Features, mask: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Eq. 4 and 5 on the sound: f_a [P, c], its (clip, class) pairs [P, 2], its weights."""
        pairs = mask.nonzero()
        clips, classes = pairs.unbind(1)
        maps = self.disentangler(features.audio, self.audio_tag_head, clips, classes)
        peaks = keep_peaks(maps, self.peak_threshold)
        return weighted_pool(features.embedded_audio, peaks, clips), pairs, peaks

    def _visual_maps(self, features: _Features, pairs: Tensor) -> Tensor:
        """Eq. 4 on the image: W_v [P, h, w] of the pairs [P, 2]."""
        clips, classes = pairs.unbind(1)
        return self.disentangler(features.visual, self.visual_tag_head, clips, classes)

    def predict(
        self, inputs: dict[str, Tensor], data_samples: list[AVDataSample]
    ) -> list[AVDataSample]:
        """Tags, correspondence, and maps of the given and the predicted classes."""
        features = self._features(inputs)
        device = features.audio.device
        asked = stack_tags(data_samples).to(device) > 0.5
        if self.audio_tag_head is not None:
            heard = self.audio_tag_head(features.audio).float().sigmoid()
            seen = self.visual_tag_head(features.visual).float().sigmoid()
            predicted = valid_classes(heard, self.valid_threshold)
            asked = asked | predicted
            for sample, audio, visual, mask in zip(data_samples, heard, seen, predicted):
                sample.pred_tags = audio
                sample.pred_visual_tags = visual
                sample.pred_labels = mask.nonzero()[:, 0]
        if self.avc_head is not None:
            pairs = self.avc_head.correspondence(
                features.embedded_audio,
                features.embedded_visual,
                clip_numbers(data_samples, device),
            )
            for sample, pair in zip(data_samples, pairs):
                sample.pred_avc = pair
        if self.stage == 'correspondence':
            maps, clips = self._correspondence_maps(features), torch.arange(len(asked))
            store_maps(data_samples, maps, clips, torch.full_like(clips, -1))
        else:
            maps, pairs = self._class_maps(features, asked)
            if self.connected:
                maps = connected_to_peak(maps)
            store_maps(data_samples, maps, *pairs.unbind(1))
        return data_samples

    def _class_maps(self, features: _Features, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Maps [P, h, w] of the pairs [P, 2] of a mask [N, C]."""
        if self.stage == 'category':
            pairs = mask.nonzero()
            return self._visual_maps(features, pairs), pairs
        sounds, pairs, _ = self._sounds(features, mask)
        grid = self.alignment_head.project_grid(features.embedded_visual)
        heat = self.alignment_head.heat_maps(
            self.alignment_head.project_audio(sounds, pairs[:, 1]), grid[pairs[:, 0]]
        )
        if self.correspondence_temperature is not None:
            heat = heat * self.cell_correspondence(features)[pairs[:, 0]]
        if self.stage == 'product':
            heat = resize_maps(self._visual_maps(features, pairs), heat.shape[-2:]) * heat
        return heat, pairs

    def cell_correspondence(self, features: _Features) -> Tensor:
        """How much each cell alone corresponds to the whole sound, [N, h, w] in (0, 1)."""
        logits = self.avc_head.cell_logits(features.embedded_audio, features.embedded_visual)
        return (logits / self.correspondence_temperature).sigmoid()

    def _correspondence_maps(self, features: _Features) -> Tensor:
        """Class-agnostic Grad-CAM of the correspondence logit on E_v, [N, h, w]."""
        audio = features.embedded_audio.detach()
        return grad_cam(
            features.embedded_visual, lambda visual: self.avc_head(audio, visual)[:, 1]
        )
