"""Localizers: whole models that find what sounds where."""

from .base_localizer import BaseLocalizer
from .coarse_to_fine import CoarseToFine
from .localizer_graph import LocalizerGraph
from .random_localizer import RandomLocalizer
from .simplified_coarse_to_fine import SimplifiedCoarseToFine
from .training_free_localizer import TrainingFreeLocalizer

__all__ = [
    'BaseLocalizer',
    'CoarseToFine',
    'LocalizerGraph',
    'RandomLocalizer',
    'SimplifiedCoarseToFine',
    'TrainingFreeLocalizer',
]
