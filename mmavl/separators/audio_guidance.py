"""The row "Audio" of Table 3."""

import torch
from torch import Tensor, nn

from mmavl.models.heads import keep_peaks, weighted_pool
from mmavl.models.localizers import CoarseToFine
from mmavl.registry import MODELS


@MODELS.register_module()
class AudioGuidance(nn.Module):
    """The class-specific sound of the mixture, f_a of Eq. 5, as the guiding vector.

    Source: section 4.4 of the paper, second of its three settings.
    """

    def forward(
        self, localizer: CoarseToFine, features: dict[str, Tensor], labels: Tensor
    ) -> Tensor:
        """Compute guiding vectors.

        Args:
            localizer (CoarseToFine): With tag heads and disentangler.
            features (dict): From its :meth:`extract`, for each source's mixture and frame.
            labels (Tensor): Class of each source, long [S].

        Returns:
            Tensor: f_a [S, c].
        """
        maps = class_maps(localizer, features, labels)
        head = localizer.alignment_head
        threshold = 0.0 if head is None else head.peak_threshold
        return weighted_pool(features['E_a'], keep_peaks(maps, threshold))


def class_maps(localizer: CoarseToFine, features: dict[str, Tensor], labels: Tensor) -> Tensor:
    """Eq. 4 for sounds: W_a [S, t, f] of each source's class.

    Raises:
        ValueError: The localizer has no such class.
    """
    logits = features.get('audio_tag_logits')
    if logits is not None and int(labels.max()) >= logits.shape[1]:
        known = logits.shape[1]
        raise ValueError(f'labels {labels.tolist()}: the localizer has {known} classes, from 0')
    clips = torch.arange(len(labels), device=labels.device)
    assert localizer.disentangler is not None  # as for its stages with classes
    return localizer.disentangler(features['F_a'], localizer.audio_tag_head, clips, labels)
