"""Components of one's own: importing this package registers them."""

from .cosine_margin_loss import CosineMarginLoss
from .gradient_times_input import GradientTimesInput
from .plain_backbone import PlainBackbone
from .protocols import STRICT

__all__ = ['STRICT', 'CosineMarginLoss', 'GradientTimesInput', 'PlainBackbone']
