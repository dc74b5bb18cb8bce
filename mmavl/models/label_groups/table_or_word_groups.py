"""Label groups for classes that are given only by name."""

from collections.abc import Mapping, Sequence

import numpy as np

from mmavl.errors import ConfigError
from mmavl.registry import MODELS

from .base_groups import BaseGroups
from .table_groups import TableGroups
from .word_vector_groups import WordVectorGroups


@MODELS.register_module()
class TableOrWordGroups(BaseGroups):
    """Labels from a table for the classes in it, the most similar labels for other classes.

    A class is looked up in the table by its name or an alias, ignoring case. For the classes
    that are not in it, each label goes to the one with the most similar words, unless it is less
    similar than ``min_similarity``, or more similar to any class of the table: 'tabby cat' does
    not become a label of 'Tiger cub' if the table has 'Cat'.

    Args:
        table (Mapping[str, Sequence[str]]): Class -> labels, see :class:`TableGroups`.
        path (str): Word vectors, see :func:`.word_vectors.read_word_vectors`.
        aliases (Mapping[str, Sequence[str]], optional): Class of the table -> its other names.
        min_similarity (float): The minimum cosine similarity of words. Defaults to 0.8: with
            GloVe vectors of 50 numbers, five of six labels above it are correct
            (``docs/pseudo_labels.md``).

    Raises:
        ConfigError: In a call: no label is similar enough to a class.
    """

    def __init__(
        self,
        table: Mapping[str, Sequence[str]],
        path: str,
        aliases: Mapping[str, Sequence[str]] | None = None,
        min_similarity: float = 0.8,
    ) -> None:
        self.table = table
        self.path = path
        self.phrases = {name: [name, *(aliases or {}).get(name, ())] for name in table}
        self.min_similarity = min_similarity

    def __call__(
        self, labels: Sequence[str], names: Sequence[str], conditional: np.ndarray | None = None
    ) -> np.ndarray:
        """See :class:`BaseGroups`."""
        known = {name: entry for name in names if (entry := self._entry(name)) is not None}
        matrix = TableGroups({name: self.table[entry] for name, entry in known.items()})(
            labels, names
        )
        others = [name for name in names if name not in known]
        if others:
            matrix[:, [list(names).index(name) for name in others]] = self._similar(labels, others)
        return matrix

    def _entry(self, name: str) -> str | None:
        """The table's class with this name, or else with this alias."""
        word = name.lower()
        for entry in self.table:
            if entry.lower() == word:
                return entry
        for entry, phrases in self.phrases.items():
            if word in (phrase.lower() for phrase in phrases):
                return entry
        return None

    def _similar(self, labels: Sequence[str], names: Sequence[str]) -> np.ndarray:
        """1 where a label is most similar to one of these names, [L, N]."""
        phrases = {**{name: [name] for name in names}, **self.phrases}
        similarity = np.nan_to_num(WordVectorGroups(self.path, phrases).similarity(labels))
        best = similarity >= similarity.max(1, keepdims=True)
        similar = (best & (similarity >= self.min_similarity))[:, : len(names)]
        for name, column, has_label in zip(names, similarity.T, similar.any(0)):
            if not has_label:
                raise ConfigError(
                    f'{name!r}: none of the {len(labels)} labels is similar enough; the closest, '
                    f'{labels[column.argmax()]!r}, has {column.max():.2f}, but needs '
                    f'{self.min_similarity} and more than for any other class. Choose another '
                    'name, or add its labels to the table ([] if there are none)'
                )
        return similar
