import torch

from mmavl.models.heads import claimed_area, keep_peaks, weighted_pool


def literal_eq5(features, weights):
    """f[k] = sum_uv E(u, v)[k] W(u, v) / sum_uv W(u, v), entry by entry."""
    channels, height, width = features.shape
    pooled = []
    for k in range(channels):
        above = sum(features[k, u, v] * weights[u, v] for u in range(height) for v in range(width))
        below = sum(weights[u, v] for u in range(height) for v in range(width))
        pooled.append(above / below)
    return torch.stack(pooled)


def test_weighted_pool_is_eq5():
    torch.manual_seed(0)
    features, weights = torch.randn(3, 4, 5, 6), torch.rand(3, 5, 6)
    expected = torch.stack([literal_eq5(f, w) for f, w in zip(features, weights)])
    torch.testing.assert_close(weighted_pool(features, weights), expected)


def test_weighted_pool_of_a_zero_map_is_the_plain_average():
    features = torch.randn(2, 4, 5, 6)
    weights = torch.stack([torch.zeros(5, 6), torch.rand(5, 6)])
    pooled = weighted_pool(features, weights)
    torch.testing.assert_close(pooled[0], features[0].mean((-2, -1)))
    assert not torch.allclose(pooled[1], features[1].mean((-2, -1)))


def test_weights_are_resized_to_the_features_grid():
    # two frequency rows become one: their average weighs
    features = torch.tensor([1.0, 5.0]).reshape(1, 1, 2, 1)
    weights = torch.tensor([[[1.0, 1.0], [0.0, 6.0]]])
    torch.testing.assert_close(
        weighted_pool(features, weights), torch.tensor([[(1 * 1 + 5 * 3) / 4]])
    )


def test_a_cell_is_claimed_by_the_map_that_claims_it_most():
    maps = torch.tensor([[[1.0, 2.0]], [[8.0, 0.0]], [[0.0, 0.0]]])
    claimed = claimed_area(maps, torch.tensor([1, 1, 2]), 3)
    assert claimed.tolist() == [[[0.0, 0.0]], [[1.0, 1.0]], [[0.0, 0.0]]]


def test_only_what_rises_above_the_share_of_the_maximum_is_kept():
    maps = torch.tensor([[[0.0, 1.0, 4.0]], [[0.0, 0.0, 0.0]]])
    assert keep_peaks(maps, 0.5).tolist() == [[[0.0, 0.0, 2.0]], [[0.0, 0.0, 0.0]]]
    assert keep_peaks(maps, 0.0) is maps
