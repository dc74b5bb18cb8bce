"""Converting a teacher's probabilities to pseudo-labels, as in the paper's code release."""

import numpy as np

#: Audio probabilities above this are raised, so that they count as tags.
AUDIO_THRESHOLD = 0.3

#: Number of labels used for a picture.
KEPT_LABELS = 10


def audio_labels(probs: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """Take the largest probability among each group's labels; p above 0.3 becomes 0.4 p + 0.6.

    Args:
        probs (ndarray): A tagger's probabilities, [N, L].
        matrix (ndarray): Which label belongs to which group, [L, G].

    Returns:
        ndarray: Pseudo-labels in [0, 1], float32 [N, G]; 0 for a group without labels.
    """
    best = np.stack([(probs * column).max(1) for column in matrix.T], axis=1)
    return np.where(best > AUDIO_THRESHOLD, 0.4 * best + 0.6, best).astype(np.float32)


def best_labels(probs: np.ndarray, keep: int = KEPT_LABELS) -> np.ndarray:
    """Keep the best labels of each picture, [N, L]; the others become 0."""
    if probs.shape[1] <= keep:
        return probs
    others = np.argpartition(probs, -keep, axis=1)[:, :-keep]
    kept = probs.copy()
    np.put_along_axis(kept, others, 0, axis=1)
    return kept


def visual_labels(probs: np.ndarray, matrix: np.ndarray, keep: int = KEPT_LABELS) -> np.ndarray:
    """Sum the probabilities of the best labels for each group, divided by the largest sum.

    Args:
        probs (ndarray): A classifier's probabilities, [N, L].
        matrix (ndarray): Which label belongs to which group, [L, G].
        keep (int): Number of labels used for a picture. Defaults to 10, as in the release.

    Returns:
        ndarray: Pseudo-labels in [0, 1], float32 [N, G]; all 0 if none of the picture's best
        labels belongs to a group.
    """
    sums = best_labels(probs, keep) @ matrix
    most = sums.max(1, keepdims=True)
    return np.divide(sums, most, out=np.zeros_like(sums), where=most > 0).astype(np.float32)


def conditional_probabilities(probs: np.ndarray, tags: np.ndarray) -> np.ndarray:
    """Estimate the probability of each group, given that a picture has a label.

    A picture counts for each of its ten best labels, with their probability. One pseudo-count
    per group makes all groups equally probable for a label that never occurs.

    Args:
        probs (ndarray): The image classifier's probabilities, [N, L].
        tags (ndarray): Whether the clip's sound is in a group, bool [N, G].

    Returns:
        ndarray: P(group | label), [L, G].
    """
    kept = best_labels(probs)
    together = kept.T @ tags.astype(kept.dtype)
    return (together + 1) / (kept.sum(0)[:, None] + tags.shape[1])
