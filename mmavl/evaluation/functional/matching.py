"""One-to-one matching of maps with sources."""

import torch
from torch import Tensor

from .axes import check_axes


def best_matching(scores: Tensor) -> Tensor:
    """Match maps with sources one to one, so that the sum of their scores is greatest.

    Sources are added one by one to the best matchings of all sets of maps, which is exact and
    fast enough for the few sources of a frame.

    Args:
        scores (Tensor): What each map reaches on each source, at least 0, [K, n].

    Returns:
        Tensor: float64 [n], what each source's map reaches; 0 for a source that is left without
        a map because there are fewer maps than sources.

    Raises:
        ValueError: These are not K x n scores of at least 0.
    """
    check_axes('scores', scores, 'K, n')
    if scores.numel() and not scores.amin() >= 0:
        raise ValueError(f'scores must be at least 0, the lowest is {scores.amin():.4g}')
    count, sources = scores.shape
    rows = scores.double().T.tolist()
    best: dict[frozenset, tuple[float, list]] = {frozenset(): (0.0, [])}
    for row in rows:
        longer: dict[frozenset, tuple[float, list]] = {}
        for used, (total, parts) in best.items():
            choices = [(i, row[i]) for i in range(count) if i not in used]
            for i, value in [*choices, (None, 0.0)]:
                key = used if i is None else used | {i}
                if key not in longer or longer[key][0] < total + value:
                    longer[key] = (total + value, [*parts, value])
        best = longer
    return torch.tensor(max(best.values())[1], dtype=torch.float64).view(sources)
