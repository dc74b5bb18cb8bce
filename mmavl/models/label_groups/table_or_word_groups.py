"""Groups for classes that are given by name alone."""

from collections.abc import Mapping, Sequence

import numpy as np

from mmavl.errors import ConfigError
from mmavl.registry import MODELS

from .base_groups import BaseGroups
from .table_groups import TableGroups
from .word_vector_groups import WordVectorGroups


@MODELS.register_module()
class TableOrWordGroups(BaseGroups):
    """The labels of a table for the classes that it has, the most similar labels for others.

    A class is in the table by its name or by an alias, in upper or lower case. Of the classes
    that are not, each label goes to the one most similar in its words, unless it is less similar
    than ``min_similarity`` or more similar to a class of the table, wanted or not: 'tabby cat'
    does not become a label of 'Tiger cub' as long as the table has 'Cat'.

    Args:
        table (Mapping[str, Sequence[str]]): Class -> labels, see :class:`TableGroups`.
        path (str): Word vectors, see :func:`.word_vectors.read_word_vectors`.
        aliases (Mapping[str, Sequence[str]], optional): Class of the table -> other names of it.
        min_similarity (float): The least cosine similarity of words. Defaults to 0.8: with
            GloVe's 50 numbers a word, five of six labels above it are right
            (``docs/pseudo_labels.md``).

    Raises:
        ConfigError: When called: no label is similar enough to a class.
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
        """The table's class of this name, else the one with this alias."""
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
        for name, column, found in zip(names, similarity.T, similar.any(0)):
            if not found:
                raise ConfigError(
                    f'{name!r}: none of the {len(labels)} labels is similar enough; the nearest, '
                    f'{labels[column.argmax()]!r}, has {column.max():.2f} and needs '
                    f'{self.min_similarity} and more than for any other class. Choose another '
                    'name, or write the labels into the table ([] where there are none)'
                )
        return similar
