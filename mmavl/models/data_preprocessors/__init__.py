"""Data preprocessors: from a batch of samples to the model's input."""

from .av_data_preprocessor import AVDataPreprocessor
from .mixed_size_preprocessor import MixedSizePreprocessor
from .separation_data_preprocessor import SeparationDataPreprocessor

__all__ = ['AVDataPreprocessor', 'MixedSizePreprocessor', 'SeparationDataPreprocessor']
