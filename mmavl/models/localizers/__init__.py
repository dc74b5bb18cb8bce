"""Localizers: complete models that locate sound sources in images."""

from .attention_localizer import AttentionLocalizer
from .avgn import AVGN
from .base_localizer import BaseLocalizer
from .cavl import CAVL
from .coarse_to_fine import CoarseToFine
from .dmc import DMC
from .dsol import DSOL
from .ez_vsl import EZVSL
from .fnac import FNAC
from .lvs import LVS
from .mix_and_localize import MixAndLocalize
from .no_prior import NoPrior
from .random_localizer import RandomLocalizer
from .similarity_localizer import SimilarityLocalizer
from .simplified_coarse_to_fine import SimplifiedCoarseToFine
from .slavc import SLAVC
from .ssl_align import SSLAlign
from .training_free_localizer import TrainingFreeLocalizer

__all__ = [
    'AVGN',
    'CAVL',
    'DMC',
    'DSOL',
    'EZVSL',
    'FNAC',
    'LVS',
    'SLAVC',
    'AttentionLocalizer',
    'BaseLocalizer',
    'CoarseToFine',
    'MixAndLocalize',
    'NoPrior',
    'RandomLocalizer',
    'SSLAlign',
    'SimilarityLocalizer',
    'SimplifiedCoarseToFine',
    'TrainingFreeLocalizer',
]
