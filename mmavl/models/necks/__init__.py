"""Necks and branches: trainable convolutions between backbones and heads."""

from .avc_branches import AVCAudioBranch, AVCVisualBranch
from .classifier_conv import ClassifierConv
from .conv_neck import ConvNeck

__all__ = ['AVCAudioBranch', 'AVCVisualBranch', 'ClassifierConv', 'ConvNeck']
