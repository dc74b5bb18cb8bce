"""Backbones: inputs to feature maps."""

from .cached import CachedBackbone
from .crnn import CRNN
from .timm_backbone import TimmBackbone
from .yamnet import YAMNet

__all__ = ['CRNN', 'CachedBackbone', 'TimmBackbone', 'YAMNet']
