"""The contrastive loss over class-specific sounds and objects, Eq. 7."""

from torch import Tensor

from mmavl.registry import MODELS

from .base_alignment_loss import BaseAlignmentLoss


def squared_distances(a: Tensor, b: Tensor) -> Tensor:
    """Squared Euclidean distances of unit vectors [P, d] and [Q, d]: [P, Q]."""
    return (2 - 2 * a @ b.T).clamp_min(0)


@MODELS.register_module()
class PairContrastiveLoss(BaseAlignmentLoss):
    """Pull each class's sound and object of one video together, push all others apart.

    ``mean_pos D^2 + mean_neg max(margin - D, 0)^2`` over the valid pairs of Eq. 7, positives and
    negatives averaged apart (the sums of Eq. 7 would let the many negatives drown the positives).
    With all options at their defaults this is Eq. 7 on the valid classes.

    Args:
        margin: Delta. Defaults to 1.0.
        active_only: Average negatives over those inside the margin only. Defaults to False.
        absent_weight: Weight of the absent-class negatives: visual slots of classes without a
            tag, which Eq. 7's sum over all n contains. Defaults to 0, off.
        background_weight: Weight of the background negatives: the image pooled by what no map
            claims, an extension of ours. Defaults to 0, off.

    Source: Eq. 7; R. Hadsell et al., CVPR 2006.
    """

    def __init__(
        self,
        margin: float = 1.0,
        active_only: bool = False,
        absent_weight: float = 0.0,
        background_weight: float = 0.0,
    ) -> None:
        super().__init__()
        self.margin = margin
        self.active_only = active_only
        self.absent_weight = absent_weight
        self.background_weight = background_weight

    @property
    def needs_absent(self) -> bool:
        """Whether absent-class slots must be given."""
        return self.absent_weight > 0

    @property
    def needs_background(self) -> bool:
        """Whether background slots must be given."""
        return self.background_weight > 0

    def _push(self, squared: Tensor) -> Tensor:
        distance = (squared + 1e-9).sqrt()  # the root has no gradient at zero
        inside = (self.margin - distance).clamp_min(0)
        count = (inside > 0).sum() if self.active_only else inside.new_tensor(inside.numel())
        return inside.square().sum() / count.clamp_min(1)

    def forward(
        self,
        audio: Tensor,
        visual: Tensor,
        positive: Tensor,
        absent: Tensor | None = None,
        background: Tensor | None = None,
    ) -> Tensor:
        """Compare; arguments as :meth:`BaseAlignmentLoss.forward`."""
        squared = squared_distances(audio, visual)
        loss = squared[positive].sum() / positive.sum().clamp_min(1)
        loss = loss + self._push(squared[~positive])
        if absent is not None:
            loss = loss + self.absent_weight * self._push(squared_distances(audio, absent))
        if background is not None:
            loss = loss + self.background_weight * self._push(squared_distances(audio, background))
        return loss
