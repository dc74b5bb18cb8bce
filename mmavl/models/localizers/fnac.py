"""FNAC: false negative aware contrastive learning."""

import torch
from torch import Tensor

from mmavl.evaluation.functional import min_max
from mmavl.registry import MODELS
from mmavl.utils.progress import current_epoch

from .ez_vsl import max_instance_loss
from .similarity_localizer import SimilarityLocalizer, copies, similarities


@MODELS.register_module()
class FNAC(SimilarityLocalizer):
    """EZ-VSL's loss, plus terms that match its similarities to those within each modality.

    With ``p`` the softmax of each row, ``l`` EZ-VSL's logits of pictures by sounds, ``a`` the
    sounds, ``v`` the pictures' mean cells and ``f`` their sounding regions (cells whose stretched
    similarity with their sound is above ``region``; the sum over them, divided by the number of
    all cells)::

        loss_sounds   = mean |p(a a^T / temperature) - p(l)|
        loss_pictures = mean |p(v v^T / temperature) - p(l)|
        loss_regions  = mean |p(a a^T / temperature) - p(f f^T / temperature)|

    In the first two, clips that sound or look alike are no hard negatives; by the third, regions
    are alike where their sounds are. Neither v nor f has unit length, and no side is detached.

    Differences from the published code: copies of a clip in a batch are left out of every
    softmax, and the batch is that of all processes. Its masks of spectrograms, which are loud and
    lie partly outside, are left out. Its dropout of 0.9 is
    ``visual_neck=dict(type='Projection', dropout=0.9)``; its object guidance that of EZ-VSL.

    Args:
        temperature: Defaults to 0.03.
        weight: Of each of the three terms. Defaults to 100.
        warmup: Epochs with EZ-VSL's loss alone; outside of a training the loss is whole. Defaults
            to 5.
        region: Threshold in [0, 1]. Defaults to 0.6.
        **kwargs: As for :class:`SimilarityLocalizer`.

    Source: W. Sun et al., CVPR 2023, Eq. 5 to 9.
    """

    published_names = {
        'imgnet.': 'visual_backbone.net.',
        'img_proj.': 'visual_neck.1.',  # behind the dropout
        'audnet.': 'audio_backbone.net.',
        'aud_proj.': 'audio_neck.0.',
    }
    published_ignored = ()

    def __init__(
        self,
        temperature: float = 0.03,
        weight: float = 100.0,
        warmup: int = 5,
        region: float = 0.6,
        **kwargs,
    ) -> None:
        super().__init__(**kwargs)
        self.temperature = temperature
        self.weight = weight
        self.warmup = warmup
        self.region = region

    def contrast(self, audio: Tensor, visual: Tensor, clips: Tensor) -> dict[str, Tensor]:
        """EZ-VSL's loss; after the warm-up, the three terms too."""
        losses = {'loss_contrast': max_instance_loss(audio, visual, clips, self.temperature)}
        epoch = current_epoch()
        if epoch is None or epoch >= self.warmup:
            losses.update(self._adjacency_losses(audio, visual, clips))
        return losses

    def _adjacency_losses(self, audio: Tensor, visual: Tensor, clips: Tensor) -> dict[str, Tensor]:
        cosines = similarities(audio, visual)
        matched = self._shares(cosines.amax((-2, -1)), clips)
        sounds = self._shares(audio @ audio.T, clips)
        pictures = visual.mean((-2, -1))
        regions = sounding_regions(visual, cosines.diagonal().permute(2, 0, 1), self.region)
        terms = {
            'loss_sounds': sounds - matched,
            'loss_pictures': self._shares(pictures @ pictures.T, clips) - matched,
            'loss_regions': sounds - self._shares(regions @ regions.T, clips),
        }
        return {name: self.weight * term.abs().mean() for name, term in terms.items()}

    def _shares(self, similarity: Tensor, clips: Tensor) -> Tensor:
        """The softmax of each row without copies of its clip, [N, N]."""
        logits = similarity / self.temperature
        return logits.masked_fill(copies(clips), -torch.inf).softmax(1)


def sounding_regions(visual: Tensor, maps: Tensor, threshold: float) -> Tensor:
    """Vectors of the cells that sound.

    Args:
        visual: Cells [N, d, h, w].
        maps: Their similarity with the clip's sound, [N, h, w].
        threshold: Of the map, stretched to [0, 1]; the choice of cells has no gradient.

    Returns:
        [N, d], the sum over the chosen cells, divided by h w.
    """
    return (visual * (min_max(maps) > threshold)[:, None]).mean((-2, -1))
