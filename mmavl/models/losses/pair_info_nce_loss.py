"""InfoNCE over class-specific sounds and objects, an alternative to Eq. 7."""

import torch
from torch import Tensor

from mmavl.registry import MODELS

from .base_alignment_loss import BaseAlignmentLoss


@MODELS.register_module()
class PairInfoNCELoss(BaseAlignmentLoss):
    """Cross-entropy of selecting each sound's object among all objects, and the reverse.

    Args:
        temperature: Divisor of the cosine similarity. Defaults to 0.1.
        absent: Use the visual slots of absent classes as negatives. Defaults to False.
        background: Use the backgrounds as negatives. Defaults to False.
        alike: For each sound, this share of the other sounds of its class, the most similar ones,
            probably comes from the same instrument: their objects are not used as negatives.
            Defaults to 0: all are used.

    Source: A. van den Oord et al., "Representation learning with contrastive predictive coding",
    2018, on the pairs of Eq. 7.
    """

    def __init__(
        self,
        temperature: float = 0.1,
        absent: bool = False,
        background: bool = False,
        alike: float = 0.0,
    ) -> None:
        super().__init__()
        self.temperature = temperature
        self.needs_absent = absent
        self.needs_background = background
        self.needs_similarity = alike > 0
        self.alike = alike

    def forward(
        self,
        audio: Tensor,
        visual: Tensor,
        positive: Tensor,
        absent: Tensor | None = None,
        background: Tensor | None = None,
        similarity: Tensor | None = None,
    ) -> Tensor:
        """Compare; arguments as in :meth:`BaseAlignmentLoss.forward`."""
        logits = audio @ visual.T / self.temperature
        extra = [audio @ e.T / self.temperature for e in (absent, background) if e is not None]
        sound, obj = positive.nonzero(as_tuple=True)
        matched = logits[sound, obj]
        if similarity is not None:
            alike = most_alike(similarity, self.alike).float() @ positive.float() > 0
            logits = logits.masked_fill(alike & ~positive, torch.finfo(logits.dtype).min)
        sounds = torch.cat([logits, *extra], dim=1).logsumexp(1)[sound] - matched
        objects = logits.logsumexp(0)[obj] - matched
        count = max(len(matched), 1)
        return (sounds.sum() + objects.sum()) / (2 * count)


def most_alike(similarity: Tensor, share: float) -> Tensor:
    """Which sounds are in the given share of those most similar to a sound: [P, P] -> bool [P, P].

    Similarities of -inf are excluded, zero and below are never chosen; counts are rounded.
    """
    count = (share * similarity.isfinite().sum(1, keepdim=True)).round()
    rank = similarity.argsort(1, descending=True).argsort(1)
    return (rank < count) & (similarity > 0)
