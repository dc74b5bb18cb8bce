"""Losses."""

from .base_alignment_loss import BaseAlignmentLoss
from .pair_contrastive_loss import PairContrastiveLoss, squared_distances
from .pair_info_nce_loss import PairInfoNCELoss
from .tag_loss import TagLoss

__all__ = [
    'BaseAlignmentLoss',
    'PairContrastiveLoss',
    'PairInfoNCELoss',
    'TagLoss',
    'squared_distances',
]
