"""The data doctor: mistakes in annotations, manifests, lists and runs that change figures."""

from .examine import Examination, examine
from .finding import Finding

__all__ = ['Examination', 'Finding', 'examine']
