"""Data preprocessors, which turn a batch of samples into model inputs."""

from .av_data_preprocessor import AVDataPreprocessor
from .mixed_size_preprocessor import MixedSizePreprocessor
from .separation_data_preprocessor import SeparationDataPreprocessor

__all__ = ['AVDataPreprocessor', 'MixedSizePreprocessor', 'SeparationDataPreprocessor']
