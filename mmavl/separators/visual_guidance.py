"""The row "Visual" of Table 3, the paper's method."""

from torch import Tensor, nn

from mmavl.models.heads import AlignmentHead, weighted_pool
from mmavl.models.localizers import CoarseToFine
from mmavl.registry import MODELS

from .audio_guidance import AudioGuidance


@MODELS.register_module()
class VisualGuidance(nn.Module):
    """Visual features at the localized source: E_v pooled by K of Eq. 8.

    The weights are ``exp((K - max K) / temperature)``, where K compares the image with the
    class-specific sound of the *mixture*. If no object of the class is in the frame, the
    regions that match the sound best are pooled.

    Args:
        temperature (float): In units of distance, which is in [0, 2]. Defaults to 0.1.
        projected (bool): Pool g_v(E_v), Eq. 6's projection of each cell, instead of E_v. In this
            space, alignment has learned which visual features are related to sound (an
            extension). Defaults to False.

    Source: section 3.3 of the paper.
    """

    def __init__(self, temperature: float = 0.1, projected: bool = False) -> None:
        super().__init__()
        if temperature <= 0:
            raise ValueError(f'temperature={temperature} must be above 0')
        self.temperature = temperature
        self.projected = projected
        self.hear = AudioGuidance()

    def forward(
        self, localizer: CoarseToFine, features: dict[str, Tensor], labels: Tensor
    ) -> Tensor:
        """Compute guiding vectors; arguments as in :class:`AudioGuidance`.

        Returns:
            Tensor: [S, c], with the channels c of E_v or of the alignment.
        """
        visual = features['E_v']
        if self.projected:
            visual = _head(localizer).project_grid(visual).permute(0, 3, 1, 2)
        return weighted_pool(visual, self.weights(localizer, features, labels))

    def weights(
        self, localizer: CoarseToFine, features: dict[str, Tensor], labels: Tensor
    ) -> Tensor:
        """The pooling weights, in (0, 1], [S, h, w]."""
        head = _head(localizer)
        sounds = head.project_audio(self.hear(localizer, features, labels), labels)
        maps = head.distance_maps(sounds, head.project_grid(features['E_v']))
        return ((maps - maps.amax((-2, -1), keepdim=True)) / self.temperature).exp()


def _head(localizer: CoarseToFine) -> AlignmentHead:
    assert localizer.alignment_head is not None, 'VisualGuidance needs an alignment_head'
    return localizer.alignment_head
