import math

import pytest
import torch
from torch.nn import functional as F

from mmavl.models.heads import AlignmentHead, weighted_pool
from mmavl.models.heads.alignment_head import sound_similarity


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


def test_distance_maps_are_eq8():
    torch.manual_seed(0)
    head = AlignmentHead(in_channels=6, hidden=8, embed_dim=4)
    pooled, embedded = torch.randn(2, 6), torch.randn(2, 6, 3, 3)

    def g(layers, vector):
        hidden = layers[0].weight @ vector + layers[0].bias
        projected = layers[2].weight @ hidden.clamp_min(0) + layers[2].bias
        return projected / projected.square().sum().sqrt()

    expected = torch.zeros(2, 3, 3)
    for pair in range(2):
        sound = g(head.audio_projection, pooled[pair])
        for u in range(3):
            for v in range(3):
                place = g(head.visual_projection, embedded[pair, :, u, v])
                expected[pair, u, v] = -(sound - place).square().sum().sqrt()
    maps = head.distance_maps(
        head.project_audio(pooled, torch.zeros(2).long()), head.project_grid(embedded)
    )
    torch.testing.assert_close(maps, expected)


def test_heat_is_one_where_sound_and_place_coincide():
    head = AlignmentHead(in_channels=4, temperature=0.5)
    sound = torch.tensor([[1.0, 0.0]])
    grid = torch.tensor([[[[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]]]])
    heat = head.heat_maps(sound, grid)
    expected = torch.exp(-torch.tensor([[[0.0, 2**0.5, 2.0]]]) / 0.5)
    torch.testing.assert_close(heat, expected)


def test_heat_is_one_half_at_the_midpoint():
    head = AlignmentHead(in_channels=4, temperature=0.1, midpoint=2**0.5)
    sound = torch.tensor([[1.0, 0.0]])
    grid = torch.tensor([[[[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]]]])
    near, middle, far = head.heat_maps(sound, grid)[0, 0].tolist()
    assert middle == pytest.approx(0.5)
    assert near == pytest.approx(1 / (1 + math.exp(-(2**0.5) / 0.1)))
    assert far == pytest.approx(1 / (1 + math.exp((2 - 2**0.5) / 0.1)))


def test_map_smoothing_averages_distances_inside_the_map():
    sound, grid = torch.randn(1, 4), torch.randn(1, 4, 5, 4)
    plain = AlignmentHead(in_channels=4, temperature=0.7)
    smooth = AlignmentHead(in_channels=4, temperature=0.7, map_smoothing=3)
    maps = plain.distance_maps(sound, grid)[0]
    heat = smooth.heat_maps(sound, grid)[0]
    for u in range(4):
        for v in range(5):
            around = maps[max(u - 1, 0) : u + 2, max(v - 1, 0) : v + 2]
            assert heat[u, v].item() == pytest.approx(math.exp(around.mean() / 0.7), rel=1e-5)


def test_a_sound_is_projected_with_the_vector_of_its_class():
    head = AlignmentHead(in_channels=4, num_classes=3)
    pooled, classes = torch.randn(2, 4), torch.tensor([2, 0])
    projected = head.project_audio(pooled, classes)
    shifted = pooled + head.class_embedding.weight[classes]
    torch.testing.assert_close(projected, F.normalize(head.audio_projection(shifted), dim=-1))
    assert not torch.allclose(projected, head.project_audio(pooled, classes.flip(0)))


def test_loss_takes_same_clip_and_same_class_as_positive_only():
    seen = {}

    class Spy(torch.nn.Module):
        def forward(self, audio, visual, positive, absent, background):
            seen['positive'] = positive
            return audio.sum()

    head = AlignmentHead(in_channels=4)
    head.loss_fn = Spy()
    sound_pairs = torch.tensor([[0, 1], [1, 1], [1, 2]])
    object_pairs = torch.tensor([[0, 1], [0, 2], [1, 2]])
    head.loss(torch.randn(3, 4), sound_pairs, torch.randn(3, 4), object_pairs)
    assert seen['positive'].tolist() == [
        [True, False, False],
        [False, False, False],
        [False, False, True],
    ]


def test_sounds_are_alike_by_what_their_class_has_not_in_common():
    heard = torch.tensor([[4.0, 0.0], [0.0, 4.0], [-1.0, 9.0], [16.0, 0.0]])
    found = sound_similarity(heard, torch.tensor([0, 0, 1, 0]))
    # roots of class 0: (2, 0), (0, 2), (4, 0); less their mean (2, 2/3): (0, -1), (-3, 2), (3, -1)
    none = -torch.inf
    expected = torch.tensor(
        [
            [none, -2 / 13**0.5, none, 1 / 10**0.5],
            [-2 / 13**0.5, none, none, -11 / 130**0.5],
            [none, none, none, none],
            [1 / 10**0.5, -11 / 130**0.5, none, none],
        ]
    )
    torch.testing.assert_close(found, expected)


def test_the_loss_is_given_how_alike_sounds_are_only_where_they_are_heard():
    given = []

    class Spy(torch.nn.Module):
        def forward(self, *arguments):
            given.append(arguments)
            return arguments[0].sum()

    head = AlignmentHead(in_channels=4)
    head.loss_fn = Spy()
    pairs = torch.tensor([[0, 1], [1, 1], [1, 2]])
    heard = torch.randn(3, 6)
    for more in ({}, {'heard': heard}):
        head.loss(torch.randn(3, 4), pairs, torch.randn(3, 4), pairs, **more)
    assert len(given[0]) == 5
    torch.testing.assert_close(given[1][5], sound_similarity(heard, pairs[:, 1]))


def test_sounds_and_objects_are_compared_in_float32_under_autocast_too():
    torch.manual_seed(0)
    loss = {'type': 'PairInfoNCELoss', 'temperature': 0.02, 'absent': True, 'alike': 0.5}
    head = AlignmentHead(in_channels=16, loss=loss)
    given = []
    head.loss_fn.register_forward_pre_hook(lambda module, arguments: given.append(arguments))
    pairs = torch.tensor([[i, i % 2] for i in range(32)])
    pooled = torch.randn(32, 16)
    with torch.autocast('cpu', dtype=torch.bfloat16):
        found = head.loss(
            pooled, pairs, pooled, pairs, pooled, pooled, heard=torch.rand(32, 6).bfloat16()
        )
    expected = head.loss_fn(*given[0])
    with torch.autocast('cpu', dtype=torch.bfloat16):
        rough = head.loss_fn(*given[0])
    assert {x.dtype for x in given[0]} == {torch.float32, torch.bool}
    assert torch.equal(found, expected)
    assert not torch.isclose(rough.float(), expected, rtol=1e-4)
