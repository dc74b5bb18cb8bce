"""Which labels of a teacher stand for which classes of a dataset."""

from .base_groups import BaseGroups
from .matrix_groups import MatrixGroups
from .table_groups import TableGroups
from .word_vector_groups import WordVectorGroups

__all__ = ['BaseGroups', 'MatrixGroups', 'TableGroups', 'WordVectorGroups']
