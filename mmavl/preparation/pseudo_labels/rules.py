"""From a teacher's probabilities to pseudo-labels, as the paper's release makes them."""

import numpy as np

#: An audio probability above this is lifted, so that it counts as a tag.
AUDIO_THRESHOLD = 0.3

#: So many of a picture's labels count.
KEPT_LABELS = 10


def audio_labels(probs: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """Take the greatest probability of each group's labels; p above .3 becomes .4 p + .6.

    Args:
        probs (ndarray): A tagger's probabilities, [N, L].
        matrix (ndarray): Which label stands for which group, [L, G].

    Returns:
        ndarray: Pseudo-labels in [0, 1], float32 [N, G]; 0 for a group without labels.
    """
    best = np.stack([(probs * column).max(1) for column in matrix.T], axis=1)
    return np.where(best > AUDIO_THRESHOLD, 0.4 * best + 0.6, best).astype(np.float32)


def best_labels(probs: np.ndarray, keep: int = KEPT_LABELS) -> np.ndarray:
    """Keep each picture's best labels, [N, L]; the others become 0."""
    if probs.shape[1] <= keep:
        return probs
    others = np.argpartition(probs, -keep, axis=1)[:, :-keep]
    kept = probs.copy()
    np.put_along_axis(kept, others, 0, axis=1)
    return kept


def visual_labels(probs: np.ndarray, matrix: np.ndarray, keep: int = KEPT_LABELS) -> np.ndarray:
    """Sum the probabilities of the best labels by group; divide by the greatest sum.

    Args:
        probs (ndarray): A classifier's probabilities, [N, L].
        matrix (ndarray): Which label stands for which group, [L, G].
        keep (int): How many labels of a picture count. Defaults to 10, the release's.

    Returns:
        ndarray: Pseudo-labels in [0, 1], float32 [N, G]; all 0 for a picture none of whose best
        labels stands for any group.
    """
    sums = best_labels(probs, keep) @ matrix
    most = sums.max(1, keepdims=True)
    return np.divide(sums, most, out=np.zeros_like(sums), where=most > 0).astype(np.float32)


def conditional_probabilities(probs: np.ndarray, tags: np.ndarray) -> np.ndarray:
    """Count how probable a group is where a picture has a label.

    A picture counts for each of its ten best labels with their probability. One pseudo-count
    for each group makes all groups equally probable for a label that is never seen.

    Args:
        probs (ndarray): The image classifier's probabilities, [N, L].
        tags (ndarray): Whether the clip's sound is in a group, bool [N, G].

    Returns:
        ndarray: P(group | label), [L, G].
    """
    kept = best_labels(probs)
    together = kept.T @ tags.astype(kept.dtype)
    return (together + 1) / (kept.sum(0)[:, None] + tags.shape[1])
