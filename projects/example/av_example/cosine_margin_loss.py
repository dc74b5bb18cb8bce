"""An alignment loss."""

from torch import Tensor

from mmavl.models.losses import BaseAlignmentLoss
from mmavl.registry import MODELS


@MODELS.register_module()
class CosineMarginLoss(BaseAlignmentLoss):
    """Raise the cosine of each class's sound and object of one video, lower that of all others.

    ``mean_pos(1 - cos) + mean_neg(max(cos - margin, 0))``, in the place of Eq. 7.

    Args:
        margin (float): Negatives below this cosine are left alone. Defaults to 0.2.
    """

    def __init__(self, margin: float = 0.2) -> None:
        super().__init__()
        self.margin = margin

    def forward(self, audio: Tensor, visual: Tensor, positive: Tensor) -> Tensor:
        """Compare unit vectors audio [P, d] and visual [Q, d]; positive is bool [P, Q]."""
        cosine = audio @ visual.T
        pull = (1 - cosine)[positive].sum() / positive.sum().clamp_min(1)
        push = (cosine - self.margin).relu()[~positive].sum() / (~positive).sum().clamp_min(1)
        return pull + push
