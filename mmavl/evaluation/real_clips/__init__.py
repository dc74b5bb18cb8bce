"""Scoring localizers on real clips with hand-drawn boxes."""

from .cases import Case, Mark, read_cases
from .class_names import acceptable_classes, class_of
from .outcomes import Hit, hit_of, peak_of
from .rates import Rate, rate_of

__all__ = [
    'Case',
    'Hit',
    'Mark',
    'Rate',
    'acceptable_classes',
    'class_of',
    'hit_of',
    'peak_of',
    'rate_of',
    'read_cases',
]
