"""Mappings from a teacher's labels to the classes of a dataset."""

from .base_groups import BaseGroups
from .matrix_groups import MatrixGroups
from .table_groups import TableGroups
from .table_or_word_groups import TableOrWordGroups
from .word_vector_groups import WordVectorGroups

__all__ = [
    'BaseGroups',
    'MatrixGroups',
    'TableGroups',
    'TableOrWordGroups',
    'WordVectorGroups',
]
