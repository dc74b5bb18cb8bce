"""The row "Audio" of Table 3."""

from torch import Tensor, nn

from mmavl.registry import MODELS

from ..heads import keep_peaks, weighted_pool
from ..localizers import CoarseToFine
from .grad_cam_mask import class_maps


@MODELS.register_module()
class AudioGuidance(nn.Module):
    """The class-specific sound of the mixture, f_a of Eq. 5, as the guiding vector.

    Source: section 4.4 of the paper, second of its three settings.
    """

    gives_masks = False

    def forward(
        self, localizer: CoarseToFine, features: dict[str, Tensor], labels: Tensor
    ) -> Tensor:
        """Guide; arguments as of :class:`GradCAMMask`.

        Returns:
            Tensor: f_a [S, c].
        """
        maps = class_maps(localizer, features, labels)
        head = localizer.alignment_head
        threshold = 0.0 if head is None else head.peak_threshold
        return weighted_pool(features['E_a'], keep_peaks(maps, threshold))
