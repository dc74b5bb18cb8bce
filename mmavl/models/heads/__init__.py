"""Heads: tagging, correspondence, alignment."""

from .alignment_head import AlignmentHead, smooth_maps, weighted_pool
from .avc_head import AVCHead
from .gru_tag_head import GRUTagHead, LinearSoftmaxPool
from .pooled_tag_head import PooledTagHead

__all__ = [
    'AVCHead',
    'AlignmentHead',
    'GRUTagHead',
    'LinearSoftmaxPool',
    'PooledTagHead',
    'smooth_maps',
    'weighted_pool',
]
