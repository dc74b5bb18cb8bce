from itertools import permutations

import pytest
import torch

from mmavl.evaluation.functional import best_matching


def test_the_sum_counts_and_not_each_sources_best_map():
    # by itself each source prefers map 0; together (0, 1) and (1, 0) give .8 + .7
    scores = torch.tensor([[0.9, 0.8], [0.7, 0.1]])
    assert best_matching(scores).tolist() == pytest.approx([0.7, 0.8])


@pytest.mark.parametrize(('maps', 'sources'), [(1, 3), (3, 3), (5, 2), (4, 4)])
def test_it_equals_trying_all_ways(maps, sources):
    scores = torch.rand(maps, sources, generator=torch.Generator().manual_seed(maps)).double()
    padded = torch.cat([scores, torch.zeros(sources, sources)])
    ways = permutations(range(maps + sources), sources)
    best = max(sum(padded[row, column] for column, row in enumerate(way)) for way in ways)
    assert best_matching(scores).sum().item() == pytest.approx(best.item())


def test_sources_without_maps_and_maps_without_sources():
    assert best_matching(torch.zeros(0, 2)).tolist() == [0, 0]
    assert best_matching(torch.zeros(3, 0)).shape == (0,)


def test_scores_below_zero_are_refused():
    with pytest.raises(ValueError, match='the lowest is -1'):
        best_matching(torch.tensor([[-1.0]]))
