"""Backbones, which map inputs to feature maps."""

from .cached import CachedBackbone
from .crnn import CRNN
from .frozen import FrozenBackbone
from .mobile_crnn import MobileCRNN
from .resnet18 import ResNet18
from .timm_backbone import TimmBackbone
from .vgg16 import VGG16
from .yamnet import YAMNet, YAMNetTail

__all__ = [
    'CRNN',
    'VGG16',
    'CachedBackbone',
    'FrozenBackbone',
    'MobileCRNN',
    'ResNet18',
    'TimmBackbone',
    'YAMNet',
    'YAMNetTail',
]
