"""Label groups from the similarity of words and from co-occurrence."""

from collections.abc import Mapping, Sequence

import numpy as np

from mmavl.errors import ConfigError
from mmavl.models.label_groups.word_vectors import phrase_words, read_word_vectors
from mmavl.registry import MODELS

from .base_groups import BaseGroups


@MODELS.register_module()
class WordVectorGroups(BaseGroups):
    """Assign each label to one group, by its words and the data.

    The score of a label for a group is the cosine similarity of their words, clipped at 0, times
    the probability that a clip is in the group, given that its image (or sound) has the label.
    For a label of several names (``cello, violoncello``), or a group of several phrases, the most
    similar pair counts; a phrase is the mean of its words' vectors. If no word of a label has a
    vector, only the probability counts; a label without either is in no group.

    Args:
        path (str): Word vectors, see :func:`.word_vectors.read_word_vectors`.
        phrases (Mapping[str, Sequence[str]]): Group -> phrases that describe it.

    Source: section 4.3 of the paper names the two ingredients ("the similarity of word
    embeddings and conditional probabilities between labels of these two datasets"). How to
    combine them is described in its supplement, which was not available: the product is our
    choice. As in the published ``cluster_v3.npy``, each label is in exactly one group.
    """

    needs_conditional = True

    def __init__(self, path: str, phrases: Mapping[str, Sequence[str]]) -> None:
        self.path = path
        self.phrases = phrases

    def __call__(
        self, labels: Sequence[str], names: Sequence[str], conditional: np.ndarray | None = None
    ) -> np.ndarray:
        """See :class:`BaseGroups`."""
        unknown = [group for group in self.phrases if group not in names]
        if unknown:
            raise ConfigError(f'phrases for {unknown}, which are not classes of the manifest')
        columns = [list(names).index(group) for group in self.phrases]
        scores = self.similarity(labels)
        if conditional is not None:
            unknown = np.isnan(scores).all(1, keepdims=True)
            scores = np.where(unknown, 1.0, scores) * conditional[:, columns]
        scores = np.nan_to_num(scores)
        decided = scores.max(1) > scores.min(1)
        matrix = np.zeros((len(labels), len(names)), np.float32)
        matrix[decided, np.array(columns)[scores.argmax(1)[decided]]] = 1
        return matrix

    def similarity(self, labels: Sequence[str]) -> np.ndarray:
        """Cosine similarity of labels and groups, clipped at 0; nan if a label has no vector.

        Args:
            labels (Sequence[str]): L labels; each may list several names, separated by commas.

        Returns:
            ndarray: float64 [L, groups of ``phrases``].

        Raises:
            ConfigError: No phrase of a group has a vector.
        """
        ours = [[phrase_words(name) for name in label.split(',')] for label in labels]
        theirs = {g: [phrase_words(p) for p in phrases] for g, phrases in self.phrases.items()}
        wanted = {w for entry in [*ours, *theirs.values()] for phrase in entry for w in phrase}
        vectors = read_word_vectors(self.path, wanted)

        def directions(phrases: list[list[str]]) -> np.ndarray:
            known = [[vectors[w] for w in phrase if w in vectors] for phrase in phrases]
            means = [np.mean(words, axis=0) for words in known if words]
            return np.array([m / np.linalg.norm(m) for m in means if np.any(m)])

        groups = {group: directions(phrases) for group, phrases in theirs.items()}
        for group, vectors_of_group in groups.items():
            if not len(vectors_of_group):
                raise ConfigError(
                    f'{self.path} has no vector for any word of {group!r}: '
                    f'{", ".join(self.phrases[group])}'
                )
        result = np.full((len(labels), len(groups)), np.nan)
        for row, phrases in enumerate(ours):
            label_vectors = directions(phrases)
            if len(label_vectors):
                result[row] = [max(0.0, (label_vectors @ g.T).max()) for g in groups.values()]
        return result
