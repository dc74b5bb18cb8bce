"""Separators: whole models that take mixtures apart, and their parts."""

from .audio_guidance import AudioGuidance
from .base_separator import BaseSeparator
from .grad_cam_mask import GradCAMMask
from .linear_synthesizer import LinearSynthesizer
from .mix_and_separate import MixAndSeparate
from .nmf_mfcc import NMFMFCC
from .separation_unet import SeparationUNet
from .visual_guidance import VisualGuidance

__all__ = [
    'NMFMFCC',
    'AudioGuidance',
    'BaseSeparator',
    'GradCAMMask',
    'LinearSynthesizer',
    'MixAndSeparate',
    'SeparationUNet',
    'VisualGuidance',
]
