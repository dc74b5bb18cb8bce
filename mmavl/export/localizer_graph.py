"""A localizer as a pure function of two tensors, for graphs without Python."""

import torch
from torch import Tensor, nn

from mmavl.errors import ConfigError
from mmavl.models.disentanglers import GradCAMDisentangler
from mmavl.models.heads import AVCHead, pool_weights
from mmavl.models.localizers.class_maps import connected_to_peak, keep_peaks, resize_maps
from mmavl.models.localizers.coarse_to_fine import CoarseToFine


class LocalizerGraph(nn.Module):
    """What :meth:`CoarseToFine.predict` computes, for all classes at once and without autograd.

    Grad-CAM's gradients are written out (``all_channel_weights`` of the heads), nothing depends on
    which classes a clip has, and no operation of the graph has a shape that depends on values.

    Args:
        model (CoarseToFine): In evaluation mode. Its stage chooses the map.

    Attributes:
        output_names (tuple[str, ...]): ('maps', 'tags'), or ('maps', 'correspondence') for stage
            'correspondence'.

    Shape:
        - input: spectrogram [N, 1, T, F] and normalised image [N, 3, H, W]
        - maps [N, C, h, w] as in ``pred_maps`` ([N, 1, h, w] for stage 'correspondence'); tags:
          probabilities [N, C] as in ``pred_tags``; correspondence: probability [N]

    Raises:
        ConfigError: The model is none of these, or has a part whose gradient is not written out.
    """

    def __init__(self, model: CoarseToFine) -> None:
        super().__init__()
        self.model = model
        stage = getattr(model, 'stage', None)
        if type(model) is not CoarseToFine:
            raise ConfigError(f'{type(model).__name__} has no graph, only CoarseToFine has one')
        if stage == 'correspondence':
            if type(model.avc_head) is not AVCHead:
                raise ConfigError(f'{type(model.avc_head).__name__} has no graph; AVCHead has')
        elif type(model.disentangler) is not GradCAMDisentangler:
            raise ConfigError(
                f'{type(model.disentangler).__name__} has no graph; GradCAMDisentangler has'
            )
        heads = [] if stage == 'correspondence' else [model.audio_tag_head, model.visual_tag_head]
        for head in heads:
            if not hasattr(head, 'all_channel_weights'):
                raise ConfigError(
                    f'{type(head).__name__} has no all_channel_weights, its gradient written out'
                )
        self.output_names = ('maps', 'correspondence' if stage == 'correspondence' else 'tags')

    def forward(self, spectrogram: Tensor, image: Tensor) -> tuple[Tensor, Tensor]:
        """Localize every class."""
        model = self.model
        features = model._features({'spectrogram': spectrogram, 'image': image})
        if model.stage == 'correspondence':
            return self._correspondence(features.embedded_audio, features.embedded_visual)
        tags = model.audio_tag_head(features.audio).sigmoid()
        maps = self._maps(features).flatten(0, 1)
        if model.connected:
            maps = connected_to_peak(maps, early_stop=False)
        return maps.unflatten(0, tags.shape), tags

    def _maps(self, features) -> Tensor:
        """Maps [N, C, h, w] of the model's stage."""
        model = self.model
        if model.stage == 'category':
            return self._class_maps(features.visual, model.visual_tag_head)
        maps = self._alignment(features)
        if model.stage == 'product':
            seen = self._class_maps(features.visual, model.visual_tag_head)
            seen = resize_maps(seen.flatten(0, 1), maps.shape[-2:])
            maps = seen.unflatten(0, maps.shape[:2]) * maps
        return maps

    @staticmethod
    def _class_maps(features: Tensor, head: nn.Module) -> Tensor:
        """Eq. 4: W [N, C, h, w]."""
        weights = head.all_channel_weights(features)
        return (weights @ features.flatten(2)).relu().unflatten(-1, features.shape[-2:])

    def _alignment(self, features) -> Tensor:
        """Eq. 4, 5, 6 and 8, and correspondence: heat [N, C, h, w]."""
        head = self.model.alignment_head
        sounds = self._class_maps(features.audio, self.model.audio_tag_head)
        clips, classes = sounds.shape[:2]
        peaks = keep_peaks(sounds.flatten(0, 1), self.model.peak_threshold)
        embedded = features.embedded_audio
        weights = pool_weights(peaks, embedded.shape[-2:]).unflatten(0, (clips, classes))
        pooled = weights @ embedded.flatten(2).mT  # f_a [N, C, c]
        projected = head.project_audio(pooled, torch.arange(classes, device=pooled.device))
        grid = head.project_grid(features.embedded_visual)[:, None].expand(-1, classes, -1, -1, -1)
        heat = head.heat_maps(projected.flatten(0, 1), grid.flatten(0, 1))
        heat = heat.unflatten(0, (clips, classes))
        if self.model.correspondence_temperature is not None:
            heat = heat * self.model.cell_correspondence(features)[:, None]
        return heat

    def _correspondence(self, audio: Tensor, visual: Tensor) -> tuple[Tensor, Tensor]:
        """Grad-CAM of the correspondence logit on E_v, and its probability.

        A maximum's gradient sums to one over the cells (ties share it), so the mean over the
        cells is that of the pooled channel, divided by their number.
        """
        first, _, last = self.model.avc_head.fc
        pooled = torch.cat([audio.amax((-2, -1)), visual.amax((-2, -1))], dim=1)
        hidden = first(pooled)
        slope = last.weight[1] * (hidden > 0)
        weights = (slope @ first.weight)[:, audio.shape[1] :] / visual[0, 0].numel()
        maps = (weights[:, None] @ visual.flatten(2)).relu().unflatten(-1, visual.shape[-2:])
        return maps, last(hidden.relu()).softmax(1)[:, 1]
