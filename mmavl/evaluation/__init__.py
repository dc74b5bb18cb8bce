"""Evaluation: named protocols, scoring of predictions, and prediction dumps.

Only ``mmavl.evaluation.metrics`` imports mmengine.
"""

from .localization import LocalizationReport, choose_threshold, evaluate_localization
from .predictions import Prediction, read_predictions, unique_predictions, write_predictions
from .protocols import PROTOCOLS, Protocol, get_protocol
from .references import with_references
from .tags import evaluate_tags

__all__ = [
    'PROTOCOLS',
    'LocalizationReport',
    'Prediction',
    'Protocol',
    'choose_threshold',
    'evaluate_localization',
    'evaluate_tags',
    'get_protocol',
    'read_predictions',
    'unique_predictions',
    'with_references',
    'write_predictions',
]
