import pytest
import torch
from mmengine.registry import init_default_scope

from mmavl.errors import ConfigError
from mmavl.models.localizers import DMC
from mmavl.models.localizers.dmc import soft_clusters, spread_centres
from mmavl.structures import AVDataSample

from .peers import given_backbones


def make(**options):
    init_default_scope('mmavl')
    cells = {'type': 'Projection', 'in_channels': 6, 'out_channels': 4}
    torch.manual_seed(0)
    return DMC(**{'audio_neck': cells, 'visual_neck': cells, **given_backbones(), **options})


def cells(clips=3, side=3):
    generator = torch.Generator().manual_seed(1)
    audio = torch.randn(clips, 4, 5, 2, generator=generator)
    return audio, torch.randn(clips, 4, side, side, generator=generator), torch.arange(clips)


def batch(clips=3):
    generator = torch.Generator().manual_seed(2)
    inputs = {
        'spectrogram': torch.randn(clips, 6, 5, 2, generator=generator),
        'image': torch.randn(clips, 6, 4, 4, generator=generator),
    }
    return inputs, [AVDataSample(metainfo={'clip_id': str(i)}) for i in range(clips)]


def literal_clusters(vectors, count, sharpness, iterations):
    """Of one clip's [n, d], vector by vector."""
    centres = list(spread_centres(vectors[None], count)[0])
    for _ in range(iterations):
        shares = []
        for vector in vectors:
            row = torch.stack([-sharpness * (centre - vector).norm() for centre in centres])
            shares.append(row.softmax(0))
        for k in range(count):
            weights = [share[k] for share in shares]
            total = sum(weight * vector for weight, vector in zip(weights, vectors))
            centres[k] = total / sum(weights)
    return centres, shares


def literal_loss(audio, visual, audio_clusters, visual_clusters, margin):
    """Every pair of a picture and a sound by itself."""
    own, other = [], []
    sounds = [literal_clusters(a.flatten(1).T, audio_clusters, 30, 4)[0] for a in audio]
    objects = [literal_clusters(v.flatten(1).T, visual_clusters, 30, 4)[0] for v in visual]
    for n, centres in enumerate(objects):
        for m, sound in enumerate(sounds):
            squares = sum(min((c - s).norm() for c in centres) ** 2 for s in sound)
            if n == m:
                own.append(squares)
            else:
                other.append(max(0, margin - squares.sqrt()) ** 2)
    return (sum(own) / len(own) + sum(other) / len(other)) / 4


@pytest.mark.parametrize(('audio_clusters', 'visual_clusters'), [(1, 2), (2, 3)])
def test_the_loss_is_that_of_the_published_code(audio_clusters, visual_clusters):
    audio, visual, clips = cells()
    model = make(audio_clusters=audio_clusters, visual_clusters=visual_clusters)
    loss = model.contrast(audio, visual, clips)['loss_contrast']
    expected = literal_loss(audio, visual, audio_clusters, visual_clusters, 5.0)
    torch.testing.assert_close(loss, expected, rtol=1e-4, atol=1e-4)


def test_at_distance_zero_positives_cost_nothing_and_negatives_the_squared_margin():
    """One positive and one negative pair: (0 + 25 / 2) / 2."""
    same = torch.ones(2, 4, 3, 3)
    loss = make().contrast(same, same, torch.arange(2))['loss_contrast']
    assert loss == pytest.approx(6.25, abs=1e-3)


def test_the_right_pairing_costs_less_than_a_wrong_one():
    visual = torch.zeros(3, 3, 2, 2)
    visual[..., 1, 1] = 10 * torch.eye(3)
    audio = 10 * torch.eye(3)[..., None, None].expand(3, 3, 4, 2)
    right, wrong = (
        make().contrast(sounds, visual, torch.arange(3))['loss_contrast']
        for sounds in (audio, audio.roll(1, 0))
    )
    assert right == pytest.approx(0, abs=1e-4)
    assert wrong > 10


def test_a_copy_of_a_clip_is_no_negative():
    audio, visual, _ = cells()
    twice = [0, 1, 2, 0]
    masked, plain = (
        make().contrast(audio[twice], visual[twice], torch.tensor(numbers))['loss_contrast']
        for numbers in (twice, [0, 1, 2, 3])
    )
    assert masked != pytest.approx(float(plain))
    alone = make().contrast(audio[[0, 0]], visual[[0, 0]], torch.tensor([5, 5]))
    assert alone['loss_contrast'].isfinite()


def test_clusters_are_those_of_two_groups_of_vectors():
    vectors = torch.tensor([[[0.0, 0.0], [0.2, 0.0], [9.0, 1.0], [9.2, 1.0], [9.1, 1.0]]])
    centres, shares = soft_clusters(vectors, 2, 30.0, 4)
    first = int(centres[0, 0, 0] > 5)
    torch.testing.assert_close(centres[0, first], torch.tensor([0.1, 0.0]))
    torch.testing.assert_close(centres[0, 1 - first], torch.tensor([9.1, 1.0]))
    torch.testing.assert_close(shares[0, first], torch.tensor([1.0, 1, 0, 0, 0]))


def test_the_order_of_the_cells_makes_no_difference():
    vectors = torch.randn(2, 20, 4, generator=torch.Generator().manual_seed(0))
    order = torch.randperm(20, generator=torch.Generator().manual_seed(1))
    centres, shares = soft_clusters(vectors, 3, 5.0, 4)
    permuted, permuted_shares = soft_clusters(vectors[:, order], 3, 5.0, 4)
    torch.testing.assert_close(permuted, centres)
    torch.testing.assert_close(permuted_shares, shares[..., order])


def test_more_clusters_than_distinct_vectors_give_finite_gradients():
    vectors = torch.ones(1, 4, 2, requires_grad=True)
    centres, _ = soft_clusters(vectors, 3, 30.0, 4)
    centres.square().sum().backward()
    assert vectors.grad.isfinite().all()


def test_the_map_is_the_cluster_nearest_to_the_sound():
    visual = torch.zeros(2, 2, 2, 4)
    visual[:, 0] = -3  # the background
    visual[0, :, 0, :2] = torch.tensor([3.0, 5.0])[:, None]
    visual[1, :, 1, 3] = torch.tensor([4.0, -4.0])
    audio = torch.stack([torch.tensor([2.0, 4.0]), torch.tensor([3.0, -3.0])])[..., None, None]
    maps = make().localize(audio.expand(2, 2, 3, 2), visual)
    expected = torch.zeros(2, 2, 4)
    expected[0, 0, :2] = expected[1, 1, 3] = 1
    torch.testing.assert_close(maps, expected)
    background = make().localize(-10 * torch.ones(2, 2, 3, 2), visual)
    torch.testing.assert_close(background[0], 1 - expected[0])


def test_with_two_audio_clusters_the_map_is_of_both_objects():
    visual = torch.zeros(1, 2, 1, 3)
    visual[0, :, 0] = torch.tensor([[9.0, 0.0, -9.0], [0.0, 9.0, -9.0]])
    audio = torch.tensor([[9.0, 0.0], [0.0, 9.0]])[None, ..., None]
    (result,) = make(audio_clusters=2, visual_clusters=3).localize(audio, visual)
    torch.testing.assert_close(result, torch.tensor([[1.0, 1.0, 0.0]]))


def test_vectors_have_length_one_where_asked():
    """So that the length of an object's features does not keep sounds away from it."""
    inputs, _ = batch()
    audio, visual = make(unit=True, margin=1.0).embed(inputs)
    torch.testing.assert_close(audio.norm(dim=1), torch.ones(3, 5, 2))
    torch.testing.assert_close(visual.norm(dim=1), torch.ones(3, 4, 4))
    plain = make().embed(inputs)[1]
    torch.testing.assert_close(visual, plain / plain.norm(dim=1, keepdim=True))


def test_it_predicts_one_map_with_label_minus_one():
    model = make()
    for sample in model(*batch(), 'predict'):
        assert sample.map_labels.tolist() == [-1]
        assert sample.pred_maps.data.shape == (1, 4, 4)
        assert 0 <= sample.pred_maps.data.min() <= sample.pred_maps.data.max() <= 1


def test_what_cannot_work_is_refused():
    with pytest.raises(ConfigError, match='DMC compares the clips'):
        make()(*batch(1), 'loss')
    with pytest.raises(ValueError, match='audio_clusters=0'):
        make(audio_clusters=0)


def test_gradients_reach_both_projections_under_bfloat16():
    model = make()
    with torch.autocast('cpu', torch.bfloat16):
        loss = model(*batch(), 'loss')['loss_contrast']
    loss.backward()
    assert loss.dtype == torch.float32
    assert all(p.grad.isfinite().all() and p.grad.abs().sum() > 0 for p in model.parameters())
