"""A hand-written table of labels."""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches

import numpy as np

from mmavl.errors import ConfigError
from mmavl.registry import MODELS

from .base_groups import BaseGroups


@MODELS.register_module()
class TableGroups(BaseGroups):
    """Labels of a teacher for each class or group, written down by hand.

    Args:
        table (Mapping[str, Sequence[str]]): Name of a class or a group -> the teacher's labels
            that stand for it, spelt as in the label list. A group need not repeat the labels of
            its classes.
    """

    def __init__(self, table: Mapping[str, Sequence[str]]) -> None:
        self.table = table

    def __call__(
        self, labels: Sequence[str], names: Sequence[str], conditional: np.ndarray | None = None
    ) -> np.ndarray:
        """See :class:`BaseGroups`."""
        matrix = np.zeros((len(labels), len(names)), np.float32)
        for name, members in self.table.items():
            if name not in names:
                raise ConfigError(
                    f'the table has labels for {name!r}, which is not a class or group '
                    f'of the manifest{_near(name, names)}'
                )
            for member in members:
                rows = [index for index, label in enumerate(labels) if label == member]
                if not rows:
                    raise ConfigError(
                        f'{member!r}, in the table for {name!r}, is not a label of the teacher'
                        f'{_near(member, labels)}'
                    )
                matrix[rows, list(names).index(name)] = 1
        return matrix


def _near(word: str, words: Sequence[str]) -> str:
    near = get_close_matches(word, words, n=3)
    return f'; near it are {near}' if near else ''
