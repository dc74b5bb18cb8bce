"""Inference with trained models: inferencers from media files to results."""

from .localization import Localization
from .localization_inferencer import LocalizationInferencer
from .separation import Separation
from .separation_inferencer import SeparationInferencer

__all__ = ['Localization', 'LocalizationInferencer', 'Separation', 'SeparationInferencer']
