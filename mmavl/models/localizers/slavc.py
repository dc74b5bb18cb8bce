"""SLAVC: a closer look at weakly-supervised audio-visual source localization."""

from copy import deepcopy

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mmavl.registry import MODELS
from mmavl.structures import AVDataSample

from .similarity_localizer import SimilarityLocalizer, copies, matching_loss, similarities

#: Parts that have momentum copies where they are trained.
_PARTS = (
    'audio_backbone',
    'visual_backbone',
    'audio_neck',
    'visual_neck',
    'audio_place_neck',
    'visual_place_neck',
)


@MODELS.register_module()
class SLAVC(SimilarityLocalizer):
    """One head decides which sound belongs to a cell, another which cell to a sound.

    With v1, a1 the cells and sounds of the first head ("which sound"), v2, a2 those of the second
    ("which place"), and V1, A1, V2, A2 those of momentum copies, which have no gradient::

        P(n -> m) = sum_x softmax_m(<v1_n(x), A1_m> / t) softmax_x(<v2_n(x), A2_m> / t)
        Q(m -> n) = sum_x softmax_n(<V1_n(x), a1_m> / t) softmax_x(<V2_n(x), a2_m> / t)
        loss_image = cross-entropy of the rows of log P, loss_audio = of the rows of log Q

    for picture n and sound m. A map is the mean of the two heads' cosines. A parameter of the
    copies becomes ``momentum * copy + (1 - momentum) * parameter`` before each training step;
    running statistics of batch normalisation are not averaged, the copies gather their own.
    Frozen parts have no copies.

    Differences from the published code: its second term normalises over sounds, too, as the first
    does, so that nothing contrasts pictures (``audio_anchors=False`` restores that). Copies of a
    clip in a batch are not negatives, and the batch is that of all processes. Its dropout of 0.9
    is ``visual_neck=dict(type='Projection', dropout=0.9)``, which the copies have, too.

    Args:
        audio_backbone, visual_backbone: Configs; each gives one map.
        audio_neck, visual_neck: Configs of a head, as for :class:`SimilarityLocalizer`; each is
            built twice.
        temperature: Defaults to 0.03.
        momentum: From 0, where the copies are the parts as they are, to 1. Defaults to 0.999.
        audio_anchors: Contrast pictures under each sound. Defaults to True.
        **kwargs: ``data_preprocessor``, ``map_transforms`` and ``init_cfg``, as for
            :class:`BaseLocalizer`.

    Raises:
        ValueError: The momentum is not from 0 to 1.

    Source: S. Mo and P. Morgado, NeurIPS 2022, section 4.
    """

    published_names = {
        'imgnet.': 'visual_backbone.net.',
        'img_proj1.': 'visual_neck.1.',  # behind the dropout
        'img_proj2.': 'visual_place_neck.1.',
        'audnet.': 'audio_backbone.net.',
        'aud_proj1.': 'audio_neck.0.',
        'aud_proj2.': 'audio_place_neck.0.',
        'momentum_imgnet.': 'momentum_parts.visual_backbone.net.',
        'momentum_img_proj1.': 'momentum_parts.visual_neck.1.',
        'momentum_img_proj2.': 'momentum_parts.visual_place_neck.1.',
        'momentum_audnet.': 'momentum_parts.audio_backbone.net.',
        'momentum_aud_proj1.': 'momentum_parts.audio_neck.0.',
        'momentum_aud_proj2.': 'momentum_parts.audio_place_neck.0.',
    }
    published_ignored = ()

    def __init__(
        self,
        audio_backbone: dict,
        visual_backbone: dict,
        audio_neck: dict,
        visual_neck: dict,
        temperature: float = 0.03,
        momentum: float = 0.999,
        audio_anchors: bool = True,
        **kwargs,
    ) -> None:
        super().__init__(audio_backbone, visual_backbone, audio_neck, visual_neck, **kwargs)
        if not 0 <= momentum <= 1:
            raise ValueError(f'momentum={momentum} is not from 0 to 1')
        self.temperature = temperature
        self.momentum = momentum
        self.audio_anchors = audio_anchors
        self.audio_place_neck = MODELS.build(audio_neck)
        self.visual_place_neck = MODELS.build(visual_neck)
        parts = {name: getattr(self, name) for name in _PARTS}
        self.momentum_parts = nn.ModuleDict(
            {name: deepcopy(part) for name, part in parts.items() if is_trained(part)}
        )
        self.momentum_parts.requires_grad_(False)

    def init_weights(self) -> None:
        """Initialise the weights; the copies begin with those of the parts."""
        super().init_weights()
        self.update_copies(0.0)

    @torch.no_grad()
    def update_copies(self, momentum: float) -> None:
        """Move the copies' parameters towards those of the parts; 0 makes them equal."""
        for name, copy in self.momentum_parts.items():
            for slow, fast in zip(copy.parameters(), getattr(self, name).parameters()):
                slow.lerp_(fast, 1 - momentum)

    def embed(self, inputs: dict[str, Tensor], momentum: bool = False) -> tuple[Tensor, Tensor]:
        """Both heads' vectors as one of unit length: [N, 2 d] and [N, 2 d, h, w].

        The cosine of two such vectors is the mean of the two heads' cosines.

        Args:
            inputs: The batch.
            momentum: By the copies. Defaults to False.
        """
        parts = {**self._modules, **(self.momentum_parts if momentum else {})}
        audio, visual = inputs.get('audio_features'), inputs.get('image_features')
        if audio is None:
            audio = parts['audio_backbone'](inputs['spectrogram'])
        if visual is None:
            visual = parts['visual_backbone'](inputs['image'])
        return (
            join_heads(audio, parts['audio_neck'], parts['audio_place_neck']),
            join_heads(visual, parts['visual_neck'], parts['visual_place_neck']),
        )

    def contrasted(
        self, inputs: dict[str, Tensor], data_samples: list[AVDataSample]
    ) -> tuple[Tensor, ...]:
        """Vectors of the parts, of their copies, and the clips' numbers; moves the copies."""
        if self.training:
            self.update_copies(self.momentum)
        with torch.no_grad():
            copies = self.embed(inputs, momentum=True)
        audio, visual, clips = super().contrasted(inputs, data_samples)
        return audio, visual, *copies, clips

    def contrast(  # type: ignore[override]  # it gets what the method's own contrasted gives
        self, audio: Tensor, visual: Tensor, slow_audio: Tensor, slow_visual: Tensor, clips: Tensor
    ) -> dict[str, Tensor]:
        """Pictures over the copies' sounds, and sounds over the copies' pictures.

        Args:
            audio, visual: Of :meth:`embed`.
            slow_audio, slow_visual: The same of the copies.
            clips: long [N].
        """
        image_rows = log_matches(slow_audio, visual, clips, self.temperature, over=1)
        if self.audio_anchors:
            audio_rows = log_matches(audio, slow_visual, clips, self.temperature, over=0).T
        else:
            audio_rows = log_matches(audio, slow_visual, clips, self.temperature, over=1)
        return {
            'loss_image': matching_loss(image_rows, clips),
            'loss_audio': matching_loss(audio_rows, clips),
        }


def is_trained(part: nn.Module) -> bool:
    """Whether any of its parameters has a gradient."""
    return any(parameter.requires_grad for parameter in part.parameters())


def join_heads(features: Tensor, *heads: nn.Module) -> Tensor:
    """The unit vectors of several heads as one of unit length, float32 [N, heads * d, ...]."""
    vectors = [F.normalize(head(features).float(), dim=1) for head in heads]
    return torch.cat(vectors, dim=1) / len(heads) ** 0.5


def log_matches(
    audio: Tensor, visual: Tensor, clips: Tensor, temperature: float, over: int
) -> Tensor:
    """log P of pictures and sounds, ``sum_x softmax(first) * softmax_x(second)``.

    Args:
        audio: [N, 2 d], both heads' vectors, see :func:`join_heads`.
        visual: [N, 2 d, h, w].
        clips: long [N]; copies of a clip have no share in the first softmax.
        temperature: Divides the cosines.
        over: What the first softmax is over: 0 for pictures, 1 for sounds.

    Returns:
        [N, N], pictures by sounds.
    """
    logits = [
        2 * similarities(sounds, cells).flatten(2) / temperature
        for sounds, cells in zip(audio.chunk(2, 1), visual.chunk(2, 1))
    ]
    first = logits[0].masked_fill(copies(clips)[..., None], -1e4)  # -inf would give nan gradients
    return (first.log_softmax(over) + logits[1].log_softmax(2)).logsumexp(2)
