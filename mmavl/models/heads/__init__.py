"""Heads: tagging, correspondence, alignment."""

from .alignment_head import AlignmentHead, pool_weights, smooth_maps, weighted_pool
from .all_pairs_avc_head import AllPairsAVCHead
from .avc_head import AVCHead
from .cosine_alignment_head import CosineAlignmentHead
from .gru_tag_head import GRUTagHead, LinearSoftmaxPool
from .pooled_tag_head import PooledTagHead

__all__ = [
    'AVCHead',
    'AlignmentHead',
    'AllPairsAVCHead',
    'CosineAlignmentHead',
    'GRUTagHead',
    'LinearSoftmaxPool',
    'PooledTagHead',
    'pool_weights',
    'smooth_maps',
    'weighted_pool',
]
