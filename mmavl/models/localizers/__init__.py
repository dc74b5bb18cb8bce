"""Localizers: complete models that locate sound sources in images."""

from .base_localizer import BaseLocalizer
from .coarse_to_fine import CoarseToFine
from .random_localizer import RandomLocalizer
from .simplified_coarse_to_fine import SimplifiedCoarseToFine
from .training_free_localizer import TrainingFreeLocalizer

__all__ = [
    'BaseLocalizer',
    'CoarseToFine',
    'RandomLocalizer',
    'SimplifiedCoarseToFine',
    'TrainingFreeLocalizer',
]
