"""The contrastive loss over class-specific sounds and objects, Eq. 7."""

from torch import Tensor

from mmavl.registry import MODELS

from .base_alignment_loss import BaseAlignmentLoss


def squared_distances(a: Tensor, b: Tensor) -> Tensor:
    """Squared Euclidean distances of unit vectors [P, d] and [Q, d]: [P, Q]."""
    return (2 - 2 * a @ b.T).clamp_min(0)


@MODELS.register_module()
class PairContrastiveLoss(BaseAlignmentLoss):
    """Pull the sound and object of each class of a video together, push all others apart.

    ``mean_pos D^2 + mean_neg max(margin - D, 0)^2`` over the valid pairs of Eq. 7. Positives and
    negatives are averaged separately: with the sums of Eq. 7, the many negatives dominate, and the
    loss grows with the square of the batch. Otherwise it is Eq. 7 on the valid classes.

    Args:
        margin: Delta. Defaults to 1.0.
        reduction: 'mean', or 'sum' as Eq. 7 is written. Defaults to 'mean'.
        active_only: Average only over negatives inside the margin. Defaults to False.
        absent_weight: Weight of the absent-class negatives: visual slots of classes without a
            tag, which are part of Eq. 7's sum over all n. Defaults to 0, off.
        background_weight: Weight of the background negatives: the image pooled where no map
            is high (an extension). Defaults to 0, off.

    Raises:
        ValueError: The reduction is unknown, or ``active_only`` is asked of a sum.

    Source: Eq. 7; R. Hadsell et al., CVPR 2006.
    """

    def __init__(
        self,
        margin: float = 1.0,
        reduction: str = 'mean',
        active_only: bool = False,
        absent_weight: float = 0.0,
        background_weight: float = 0.0,
    ) -> None:
        super().__init__()
        if reduction not in ('mean', 'sum'):
            raise ValueError(f"reduction must be 'mean' or 'sum', not {reduction!r}")
        if active_only and reduction == 'sum':
            raise ValueError("active_only averages: it needs reduction='mean'")
        self.margin = margin
        self.reduction = reduction
        self.active_only = active_only
        self.absent_weight = absent_weight
        self.background_weight = background_weight
        self.needs_absent = absent_weight > 0
        self.needs_background = background_weight > 0

    def _push(self, squared: Tensor) -> Tensor:
        distance = (squared + 1e-9).sqrt()  # the root has no gradient at zero
        inside = (self.margin - distance).clamp_min(0)
        count = (inside > 0).sum() if self.active_only else inside.new_tensor(inside.numel())
        return self._reduce(inside.square().sum(), count)

    def _reduce(self, total: Tensor, count: Tensor) -> Tensor:
        return total if self.reduction == 'sum' else total / count.clamp_min(1)

    def forward(  # type: ignore[override]  # it gets only what it needs
        self,
        audio: Tensor,
        visual: Tensor,
        positive: Tensor,
        absent: Tensor | None = None,
        background: Tensor | None = None,
    ) -> Tensor:
        """Compare; arguments as in :meth:`BaseAlignmentLoss.forward`."""
        squared = squared_distances(audio, visual)
        loss = self._reduce(squared[positive].sum(), positive.sum())
        loss = loss + self._push(squared[~positive])
        if absent is not None:
            loss = loss + self.absent_weight * self._push(squared_distances(audio, absent))
        if background is not None:
            loss = loss + self.background_weight * self._push(squared_distances(audio, background))
        return loss
