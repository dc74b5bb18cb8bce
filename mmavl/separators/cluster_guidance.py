"""Separation guided by clusters: the row "CAVL" of Table 3."""

import torch
from torch import Tensor, nn

from mmavl.models.localizers import DMC
from mmavl.models.localizers.dmc import squared_distances
from mmavl.registry import MODELS


@MODELS.register_module()
class ClusterGuidance(nn.Module):
    """The centre of the frame's cluster that is nearest to one of the mixture's.

    The classes of the sources are not used.

    Source: D. Hu et al., "Curriculum audiovisual learning", arXiv 2001.09414, in the setting of
    section 4.4 of the paper.
    """

    gives_masks = False

    def forward(self, localizer: DMC, features: dict[str, Tensor], labels: Tensor) -> Tensor:
        """Guide.

        Args:
            localizer (DMC): :class:`DMC` or :class:`CAVL`.
            features (dict): Of its :meth:`extract`; of each source's mixture and frame.
            labels (Tensor): Class of each source, long [S]; not used.

        Returns:
            Tensor: [S, d].
        """
        sounds, objects, _ = localizer.cluster(features['audio'], features['visual'])
        best = squared_distances(objects, sounds).amin(2).argmin(1)
        return objects[torch.arange(len(best), device=best.device), best]

    def weights(self, localizer: DMC, features: dict[str, Tensor], labels: Tensor) -> Tensor:
        """The localizer's maps, [S, h, w]."""
        return features['maps']
