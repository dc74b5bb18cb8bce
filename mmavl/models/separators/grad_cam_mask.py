"""The row "Grad-CAM" of Table 3."""

import torch
from torch import Tensor, nn

from mmavl.registry import MODELS

from ..localizers import CoarseToFine


@MODELS.register_module()
class GradCAMMask(nn.Module):
    """The mixture's own Grad-CAM map of a class, Eq. 4, divided by its maximum, as its mask.

    There is no network behind it, and nothing to train. A map that is zero everywhere, of a class
    that the localizer does not hear at all, gives a mask of ones: the mixture as estimate.

    Source: section 4.4 of the paper, first of its three settings.
    """

    gives_masks = True

    def forward(
        self, localizer: CoarseToFine, features: dict[str, Tensor], labels: Tensor
    ) -> Tensor:
        """Guide.

        Args:
            localizer (CoarseToFine): With tag heads and disentangler.
            features (dict): Of its :meth:`extract`; of each source's mixture and frame.
            labels (Tensor): Class of each source, long [S].

        Returns:
            Tensor: Masks in [0, 1], low frequencies first, [S, f, t] as F_a's.
        """
        maps = class_maps(localizer, features, labels).mT
        peak = maps.amax((-2, -1), keepdim=True)
        return (maps / peak.clamp_min(1e-12)).where(peak > 0, 1)


def class_maps(localizer: CoarseToFine, features: dict[str, Tensor], labels: Tensor) -> Tensor:
    """Eq. 4 on the sound: W_a [S, t, f] of each source's class.

    Raises:
        ValueError: The localizer has no such class.
    """
    logits = features.get('audio_tag_logits')
    if logits is not None and int(labels.max()) >= logits.shape[1]:
        known = logits.shape[1]
        raise ValueError(f'labels {labels.tolist()}: the localizer has {known} classes, from 0')
    clips = torch.arange(len(labels), device=labels.device)
    return localizer.disentangler(features['F_a'], localizer.audio_tag_head, clips, labels)
