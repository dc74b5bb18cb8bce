"""An alignment loss."""

from torch import Tensor, nn

from mmavl.registry import MODELS


@MODELS.register_module()
class CosineMarginLoss(nn.Module):
    """Raise the cosine of each class's sound and object of one video, lower that of all others.

    ``mean_pos(1 - cos) + mean_neg(max(cos - margin, 0))``, in the place of Eq. 7.

    Args:
        margin (float): Negatives below this cosine are left alone. Defaults to 0.2.
    """

    needs_absent = False
    needs_background = False

    def __init__(self, margin: float = 0.2) -> None:
        super().__init__()
        self.margin = margin

    def forward(
        self,
        audio: Tensor,
        visual: Tensor,
        positive: Tensor,
        absent: None = None,
        background: None = None,
    ) -> Tensor:
        """Compare unit vectors audio [P, d] and visual [Q, d]; positive is bool [P, Q]."""
        cosine = audio @ visual.T
        pull = (1 - cosine)[positive].sum() / positive.sum().clamp_min(1)
        push = (cosine - self.margin).relu()[~positive].sum() / (~positive).sum().clamp_min(1)
        return pull + push
