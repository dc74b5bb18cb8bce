"""Groups from the similarity of words and from what occurs together."""

from collections.abc import Mapping, Sequence

import numpy as np

from mmavl.errors import ConfigError
from mmavl.models.label_groups.word_vectors import phrase_words, read_word_vectors
from mmavl.registry import MODELS

from .base_groups import BaseGroups


@MODELS.register_module()
class WordVectorGroups(BaseGroups):
    """Assign each label to the one group that its words and the data point to.

    A label's score for a group is the cosine similarity of their words, cut off at 0, times
    the probability that a clip is in the group given that its picture (or sound) has the label.
    A label of several names (``cello, violoncello``), or a group of several phrases, takes the
    most similar two; a phrase is the mean of its words' vectors. Of a label none of whose words
    has a vector, the probability alone decides; a label that neither says anything about is in
    no group.

    Args:
        path (str): Word vectors, see :func:`.word_vectors.read_word_vectors`.
        phrases (Mapping[str, Sequence[str]]): Group -> phrases that describe it.

    Source: section 4.3 of the paper names the two ingredients ("the similarity of word
    embeddings and conditional probabilities between labels of these two datasets"); how they
    are joined stands in its supplement, which was not at hand: the product is ours. Each label
    in exactly one group is as in the published ``cluster_v3.npy``.
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
        """Cosine similarity of labels and groups, cut off at 0; nan where a label has no vector.

        Args:
            labels (Sequence[str]): L names, or several each with commas between.

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
            means = [np.mean(found, axis=0) for found in known if found]
            return np.array([m / np.linalg.norm(m) for m in means if np.any(m)])

        groups = {group: directions(phrases) for group, phrases in theirs.items()}
        for group, found in groups.items():
            if not len(found):
                raise ConfigError(
                    f'{self.path} has no vector for any word of {group!r}: '
                    f'{", ".join(self.phrases[group])}'
                )
        result = np.full((len(labels), len(groups)), np.nan)
        for row, phrases in enumerate(ours):
            found = directions(phrases)
            if len(found):
                result[row] = [max(0.0, (found @ g.T).max()) for g in groups.values()]
        return result
