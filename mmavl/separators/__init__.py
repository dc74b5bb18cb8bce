"""Separators: complete models that separate the sources of mixtures, and their parts."""

from .audio_guidance import AudioGuidance
from .av_mix_sep import AVMixSep
from .base_separator import BaseSeparator
from .cluster_guidance import ClusterGuidance
from .co_separation import CoSeparation
from .frame_separator import FrameSeparator
from .grad_cam_mask import GradCAMMask
from .linear_synthesizer import LinearSynthesizer
from .mask_separator import MaskSeparator
from .mix_and_separate import MixAndSeparate
from .nmf_mfcc import NMFMFCC
from .separation_unet import SeparationUNet
from .sound_of_pixels import SoundOfPixels
from .spectrogram_classifier import SpectrogramClassifier
from .tagged_nmf import TaggedNMF
from .visual_guidance import VisualGuidance

__all__ = [
    'NMFMFCC',
    'AVMixSep',
    'AudioGuidance',
    'BaseSeparator',
    'ClusterGuidance',
    'CoSeparation',
    'FrameSeparator',
    'GradCAMMask',
    'LinearSynthesizer',
    'MaskSeparator',
    'MixAndSeparate',
    'SeparationUNet',
    'SoundOfPixels',
    'SpectrogramClassifier',
    'TaggedNMF',
    'VisualGuidance',
]
