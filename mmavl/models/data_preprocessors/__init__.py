"""Data preprocessors: from a batch of samples to the model's input."""

from .av_data_preprocessor import AVDataPreprocessor

__all__ = ['AVDataPreprocessor']
