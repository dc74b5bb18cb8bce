"""InfoNCE over class-specific sounds and objects, an alternative to Eq. 7."""

import torch
from torch import Tensor

from mmavl.registry import MODELS

from .base_alignment_loss import BaseAlignmentLoss


@MODELS.register_module()
class PairInfoNCELoss(BaseAlignmentLoss):
    """Cross-entropy of picking each sound's object among all, and each object's sound.

    Args:
        temperature: Divides the cosine similarity. Defaults to 0.1.
        absent: Take the visual slots of absent classes as negatives. Defaults to False.
        background: Take the backgrounds as negatives. Defaults to False.

    Source: A. van den Oord et al., "Representation learning with contrastive predictive coding",
    2018, on the pairs of Eq. 7.
    """

    def __init__(
        self, temperature: float = 0.1, absent: bool = False, background: bool = False
    ) -> None:
        super().__init__()
        self.temperature = temperature
        self.needs_absent = absent
        self.needs_background = background

    def forward(
        self,
        audio: Tensor,
        visual: Tensor,
        positive: Tensor,
        absent: Tensor | None = None,
        background: Tensor | None = None,
    ) -> Tensor:
        """Compare; arguments as :meth:`BaseAlignmentLoss.forward`."""
        similarity = audio @ visual.T / self.temperature
        extra = [audio @ e.T / self.temperature for e in (absent, background) if e is not None]
        heard, seen = positive.nonzero(as_tuple=True)
        matched = similarity[heard, seen]
        sounds = torch.cat([similarity, *extra], dim=1).logsumexp(1)[heard] - matched
        objects = similarity.logsumexp(0)[seen] - matched
        count = max(len(matched), 1)
        return (sounds.sum() + objects.sum()) / (2 * count)
