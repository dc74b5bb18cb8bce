"""Heads: tagging, correspondence, alignment."""

from .alignment_head import AlignmentHead
from .all_pairs_avc_head import AllPairsAVCHead
from .avc_head import AVCHead
from .base_linear_tag_head import BaseLinearTagHead
from .classifier_rows import BaseClassifierRows, TimmRows, YAMNetRows
from .cosine_alignment_head import CosineAlignmentHead
from .gru_tag_head import GRUTagHead, LinearSoftmaxPool
from .moment_tag_head import MomentTagHead
from .pooled_tag_head import PooledTagHead
from .pooling import ClassMaps, claimed_area, keep_peaks, pool_weights, weighted_pool

__all__ = [
    'AVCHead',
    'AlignmentHead',
    'AllPairsAVCHead',
    'BaseClassifierRows',
    'BaseLinearTagHead',
    'ClassMaps',
    'CosineAlignmentHead',
    'GRUTagHead',
    'LinearSoftmaxPool',
    'MomentTagHead',
    'PooledTagHead',
    'TimmRows',
    'YAMNetRows',
    'claimed_area',
    'keep_peaks',
    'pool_weights',
    'weighted_pool',
]
