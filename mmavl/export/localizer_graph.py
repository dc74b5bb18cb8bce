"""A localizer as a pure function of two tensors, for graphs without Python code."""

from collections.abc import Iterable
from typing import Any, cast

import torch
from torch import Tensor, nn

from mmavl.errors import ConfigError
from mmavl.models.disentanglers import GradCAMDisentangler
from mmavl.models.heads import AVCHead, keep_peaks, pool_weights
from mmavl.models.localizers.coarse_to_fine import CoarseToFine, Features
from mmavl.models.map_transforms import MapContext


class LocalizerGraph(nn.Module):
    """Computes :meth:`CoarseToFine.predict` for all classes at once and without autograd.

    Grad-CAM's gradients are explicit (``all_channel_weights`` of the heads), nothing depends on
    the classes of a clip, and no shape in the graph depends on values.

    Args:
        model (CoarseToFine): In evaluation mode. Its stage determines the maps.

    Attributes:
        output_names (tuple[str, ...]): ('maps', 'tags'), or ('maps', 'correspondence') for
            stage 'correspondence'.

    Shape:
        - input: spectrogram [N, 1, T, F] and normalised image [N, 3, H, W]
        - maps [N, C, h, w] as in ``pred_maps`` ([N, 1, h, w] for stage 'correspondence'); tags:
          probabilities [N, C] as in ``pred_tags``; correspondence: probability [N]

    Raises:
        ConfigError: The model is not supported, or has a part without explicit gradient.
    """

    def __init__(self, model: CoarseToFine) -> None:
        super().__init__()
        self.model = model
        stage = getattr(model, 'stage', None)
        if type(model) is not CoarseToFine:
            raise ConfigError(f'{type(model).__name__} cannot be exported; only CoarseToFine can')
        if stage == 'correspondence':
            if type(model.avc_head) is not AVCHead:
                name = type(model.avc_head).__name__
                raise ConfigError(f'{name} cannot be exported; use AVCHead')
        elif type(model.disentangler) is not GradCAMDisentangler:
            raise ConfigError(
                f'{type(model.disentangler).__name__} cannot be exported; use GradCAMDisentangler'
            )
        heads = [] if stage == 'correspondence' else [model.audio_tag_head, model.visual_tag_head]
        for head in heads:
            if not hasattr(head, 'all_channel_weights'):
                raise ConfigError(
                    f'{type(head).__name__} cannot be exported: it has no all_channel_weights'
                )
        self.output_names = ('maps', 'correspondence' if stage == 'correspondence' else 'tags')

    def forward(self, spectrogram: Tensor, image: Tensor) -> tuple[Tensor, Tensor]:
        """Compute maps of all classes."""
        model = self.model
        features = model.features({'spectrogram': spectrogram, 'image': image})
        if model.stage == 'correspondence':
            context = _AllClasses(model, features, 1)
            maps, second = self._correspondence(*features.embedded)
        else:
            assert model.audio_tag_head is not None  # these stages need it
            second = model.audio_tag_head(features.audio).sigmoid()
            context = _AllClasses(model, features, second.shape[1])
            maps = self._maps(context)
        maps = model.transform_maps(maps.flatten(0, 1), context)
        return maps.unflatten(0, (len(spectrogram), context.classes)), second

    def _maps(self, context: '_AllClasses') -> Tensor:
        """Maps [N, C, h, w] of the model's stage: class activation, or Eq. 4, 5, 6 and 8."""
        model, features, classes = self.model, context.features, context.classes
        if model.stage == 'category':
            return class_maps(features.visual, model.visual_tag_head)
        head, (embedded, visual) = model.alignment_head, features.embedded
        assert head is not None  # the stage needs it
        sounds = class_maps(features.audio, model.audio_tag_head)
        peaks = keep_peaks(sounds.flatten(0, 1), head.peak_threshold)
        weights = pool_weights(peaks, embedded.shape[-2:]).unflatten(0, sounds.shape[:2])
        pooled = weights @ embedded.flatten(2).mT  # f_a [N, C, c]
        projected = head.project_audio(pooled, torch.arange(classes, device=pooled.device))
        grid = context.by_map(head.project_grid(visual))
        heat = head.heat_maps(projected.flatten(0, 1), grid)
        return heat.unflatten(0, sounds.shape[:2])

    def _correspondence(self, audio: Tensor, visual: Tensor) -> tuple[Tensor, Tensor]:
        """Grad-CAM of the correspondence logit on E_v, and its probability.

        The gradient of a maximum sums to one over the cells (ties share it), as does that of a
        mean, so its mean over the cells is the gradient of the pooled channel, divided by their
        number.
        """
        head = self.model.avc_head
        assert head is not None  # the stage needs it
        first, _, last = cast(Iterable[nn.Linear], head.fc)
        pooled = torch.cat([head.pool(audio), head.pool(visual)], dim=1)
        hidden = first(pooled)
        slope = last.weight[1] * (hidden > 0)
        weights = (slope @ first.weight)[:, audio.shape[1] :] / visual[0, 0].numel()
        maps = (weights[:, None] @ visual.flatten(2)).relu().unflatten(-1, visual.shape[-2:])
        return maps, last(hidden.relu()).softmax(1)[:, 1]


def class_maps(features: Tensor, head: Any) -> Tensor:
    """Eq. 4 for all classes: F_r [N, c, h, w] -> W_r [N, C, h, w]."""
    weights = head.all_channel_weights(features)
    return (weights @ features.flatten(2)).relu().unflatten(-1, features.shape[-2:])


class _AllClasses(MapContext):
    """Maps of all classes of each clip, without value-dependent indices."""

    classes: int

    def __init__(self, localizer: CoarseToFine, features: Features, classes: int) -> None:
        # by_map and class_maps do without pairs
        super().__init__(localizer, features, None)  # type: ignore[arg-type]
        object.__setattr__(self, 'classes', classes)

    def by_map(self, values: Tensor) -> Tensor:
        """Convert values per clip, [N, ...], to values per map, [N * C, ...]."""
        size = -1, self.classes, *[-1] * (values.dim() - 1)
        return values[:, None].expand(*size).flatten(0, 1)

    def class_maps(self) -> Tensor:
        """Class activation [N * C, h, w]."""
        return class_maps(self.features.visual, self.localizer.visual_tag_head).flatten(0, 1)
