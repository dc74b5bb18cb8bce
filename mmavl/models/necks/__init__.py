"""Necks and branches: trainable layers between a backbone and the heads."""

from .avc_branches import AVCAudioBranch, AVCVisualBranch
from .classifier_conv import ClassifierConv
from .conv_neck import ConvNeck
from .projection import PooledProjection, Projection

__all__ = [
    'AVCAudioBranch',
    'AVCVisualBranch',
    'ClassifierConv',
    'ConvNeck',
    'PooledProjection',
    'Projection',
]
