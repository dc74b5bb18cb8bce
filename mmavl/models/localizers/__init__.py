"""Localizers: whole models that find what sounds where."""

from .base_localizer import BaseLocalizer
from .coarse_to_fine import CoarseToFine
from .random_localizer import RandomLocalizer
from .simplified_coarse_to_fine import SimplifiedCoarseToFine

__all__ = ['BaseLocalizer', 'CoarseToFine', 'RandomLocalizer', 'SimplifiedCoarseToFine']
