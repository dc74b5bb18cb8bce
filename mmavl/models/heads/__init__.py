"""Heads: tagging, correspondence, alignment."""

from .alignment_head import AlignmentHead, pool_weights, smooth_maps, weighted_pool
from .all_pairs_avc_head import AllPairsAVCHead
from .avc_head import AVCHead
from .base_linear_tag_head import BaseLinearTagHead
from .classifier_rows import BaseClassifierRows, TimmRows, YAMNetRows
from .cosine_alignment_head import CosineAlignmentHead
from .gru_tag_head import GRUTagHead, LinearSoftmaxPool
from .moment_tag_head import MomentTagHead
from .pooled_tag_head import PooledTagHead

__all__ = [
    'AVCHead',
    'AlignmentHead',
    'AllPairsAVCHead',
    'BaseClassifierRows',
    'BaseLinearTagHead',
    'CosineAlignmentHead',
    'GRUTagHead',
    'LinearSoftmaxPool',
    'MomentTagHead',
    'PooledTagHead',
    'TimmRows',
    'YAMNetRows',
    'pool_weights',
    'smooth_maps',
    'weighted_pool',
]
