"""Label groups from a hand-written table."""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches

import numpy as np

from mmavl.errors import ConfigError
from mmavl.registry import MODELS

from .base_groups import BaseGroups


@MODELS.register_module()
class TableGroups(BaseGroups):
    """The labels of a teacher for each class or group, listed by hand.

    Args:
        table (Mapping[str, Sequence[str]]): Name of a class or group -> the teacher's labels
            for it, spelt as in the label list. A group need not repeat the labels of
            its classes. ``'Chihuahua .. Mexican hairless'`` means these two labels and all
            between them in the teacher's order; here, a label may be cut at one of its commas
            (``'lion .. cheetah'`` for ``lion, king of beasts, Panthera leo`` and so on).
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
                matrix[_rows(member, name, labels), list(names).index(name)] = 1
        return matrix


def _rows(entry: str, name: str, labels: Sequence[str]) -> list[int]:
    first, dots, last = entry.partition(' .. ')
    if dots and entry not in labels:
        start, end = _end(first, name, labels), _end(last, name, labels)
        if start > end:
            raise ConfigError(
                f'{entry!r}, in the table for {name!r}: the teacher has {last!r} before {first!r}'
            )
        return list(range(start, end + 1))
    rows = [index for index, label in enumerate(labels) if label == entry]
    if not rows:
        raise _unknown(entry, name, labels)
    return rows


def _end(word: str, name: str, labels: Sequence[str]) -> int:
    rows = [i for i, label in enumerate(labels) if f'{label},'.startswith(f'{word},')]
    if len(rows) > 1:
        raise ConfigError(
            f'{word!r}, in the table for {name!r}, is the start of {len(rows)} labels: '
            f'{[labels[row] for row in rows]}'
        )
    if not rows:
        raise _unknown(word, name, labels)
    return rows[0]


def _unknown(word: str, name: str, labels: Sequence[str]) -> ConfigError:
    return ConfigError(
        f'{word!r}, in the table for {name!r}, is not a label of the teacher{_near(word, labels)}'
    )


def _near(word: str, words: Sequence[str]) -> str:
    near = get_close_matches(word, words, n=3)
    return f'; similar ones are {near}' if near else ''
