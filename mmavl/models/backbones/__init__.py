"""Backbones: inputs to feature maps."""

from .cached import CachedBackbone
from .crnn import CRNN
from .resnet18 import ResNet18
from .timm_backbone import TimmBackbone
from .yamnet import YAMNet

__all__ = ['CRNN', 'CachedBackbone', 'ResNet18', 'TimmBackbone', 'YAMNet']
