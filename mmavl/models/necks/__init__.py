"""Necks and branches: trainable convolutions between a backbone and the heads."""

from .avc_branches import AVCAudioBranch, AVCVisualBranch
from .classifier_conv import ClassifierConv
from .conv_neck import ConvNeck

__all__ = ['AVCAudioBranch', 'AVCVisualBranch', 'ClassifierConv', 'ConvNeck']
