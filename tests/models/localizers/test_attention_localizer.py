import math

import pytest
import torch
from mmengine.registry import init_default_scope
from mmengine.structures import InstanceData
from torch.nn import functional as F

from mmavl.errors import ConfigError
from mmavl.models.localizers import AttentionLocalizer
from mmavl.models.localizers.attention_localizer import log_attention, sounding_masks
from mmavl.structures import AVDataSample

from .peers import given_backbones


def make(**options):
    init_default_scope('mmavl')
    torch.manual_seed(0)
    neck = {'type': 'PooledProjection', 'in_channels': 6, 'out_channels': 4, 'hidden': [6]}
    return AttentionLocalizer(audio_neck=neck, **options, **given_backbones())


def batch(clips=3, side=5):
    generator = torch.Generator().manual_seed(1)
    inputs = {
        'spectrogram': torch.randn(clips, 6, 3, 2, generator=generator),
        'image': torch.randn(clips, 4, side, side, generator=generator),
    }
    return inputs, [AVDataSample(metainfo={'clip_id': str(i)}) for i in range(clips)]


def with_box(sample, *corners, sounding=True):
    sample.set_metainfo({'input_shape': (100, 200)})
    sample.gt_instances = InstanceData(
        bboxes=torch.tensor([corners]).float(), sounding=torch.tensor([sounding])
    )


def literal_loss(model, inputs):
    """Equations 1 to 6, one clip, one cell and one other sound at a time."""
    (w1, _, w2), (_, v1, _, v2) = model.audio_neck, model.to_sound
    sounds = inputs['spectrogram'].mean((2, 3))
    total, pairs = 0, 0
    for n, picture in enumerate(inputs['image']):
        query = w2(w1(sounds[n].relu()).relu())
        cells = picture.flatten(1).T
        scores = [torch.cosine_similarity(query, cell, dim=0).relu() for cell in cells]
        weights = [score.exp() / sum(s.exp() for s in scores) for score in scores]
        attended = sum(weight * cell for weight, cell in zip(weights, cells))
        predicted = v2(v1(attended.relu()).relu())
        own = F.pairwise_distance(predicted, sounds[n], eps=0)
        for m, other in enumerate(sounds):
            if m != n:
                p = torch.stack([own, F.pairwise_distance(predicted, other, eps=0)]).softmax(0)
                total, pairs = total + (p - torch.tensor([0.0, 1.0])).square().mean(), pairs + 1
    return total / pairs


def test_the_loss_is_that_of_the_paper():
    model, (inputs, samples) = make(), batch()
    loss = model(inputs, samples, 'loss')
    assert loss.keys() == {'loss_triplet'}
    torch.testing.assert_close(loss['loss_triplet'], literal_loss(model, inputs))


def test_a_prediction_as_far_from_either_sound_costs_a_quarter():
    sounds = torch.tensor([[1.0, 0.0], [-1.0, 0.0]])
    predicted = torch.tensor([[0.0, 3.0], [0.0, -1.0]])
    loss = make().contrast(sounds, predicted, torch.arange(2))['loss_triplet']
    assert loss == pytest.approx(0.25)


def test_a_prediction_of_the_own_sound_costs_less_than_one_of_another():
    sounds = 10 * torch.eye(3)
    clips = torch.arange(3)
    right = make().contrast(sounds, sounds, clips)['loss_triplet']
    wrong = make().contrast(sounds, sounds.roll(1, 0), clips)['loss_triplet']
    assert right < 1e-6
    assert wrong == pytest.approx((1 + 0.25) / 2, abs=1e-5)  # one sound is wrong, one as far


def test_a_copy_of_a_clip_is_no_other_sound():
    sounds = torch.tensor([[1.0, 0.0], [-1.0, 0.0], [1.0, 0.0]])
    predicted = sounds.clone()
    twice = make().contrast(sounds, predicted, torch.tensor([4, 5, 4]))['loss_triplet']
    expected = torch.tensor(-2.0).sigmoid() ** 2
    assert twice == pytest.approx(float(expected))


def test_attention_sums_to_one_and_is_uniform_where_no_cell_is_similar():
    audio = torch.tensor([[1.0, 0.0], [1.0, 0.0]])
    visual = torch.zeros(2, 2, 20, 20)
    visual[0, 0] = -1
    visual[1, 0, 3, 4] = 1
    attention = log_attention(audio, visual).exp()
    torch.testing.assert_close(attention.sum((1, 2)), torch.ones(2))
    torch.testing.assert_close(attention[0], torch.full((20, 20), 1 / 400))
    assert attention[1, 3, 4] / attention[1, 0, 0] == pytest.approx(math.e)


def test_the_prediction_is_one_map_whose_peak_is_the_most_similar_cell():
    model, (inputs, samples) = make(), batch()
    audio, visual = model.embed(inputs)
    cosines = torch.einsum('nd,ndhw->nhw', audio, visual)
    for sample, expected in zip(model(inputs, samples, 'predict'), cosines):
        (result,) = sample.pred_maps.data
        assert sample.map_labels.tolist() == [-1]
        assert (result.min(), result.max()) == (0, 1)
        assert result.argmax() == expected.argmax()
    assert not model.needs_classes


def test_one_clip_is_refused_in_training_and_localized():
    model = make()
    with pytest.raises(ConfigError, match='AttentionLocalizer compares the clips'):
        model(*batch(1), 'loss')
    (sample,) = model(*batch(1), 'predict')
    assert sample.pred_maps.data.shape == (1, 5, 5)


def test_boxes_are_read_only_where_the_supervised_loss_has_a_weight():
    inputs, samples = batch(3, side=4)
    with_box(samples[1], 0, 0, 100, 25)  # the left half of the first of 4 rows
    mask = torch.zeros(4, 4)
    mask[0, :2] = 1
    model = make(supervised_weight=2.0)
    expected = -(mask * log_attention(*model.embed(inputs))[1]).sum() / 3
    losses = model(inputs, samples, 'loss')
    torch.testing.assert_close(losses['loss_supervised'], 2 * expected)
    assert make()(inputs, samples, 'loss').keys() == {'loss_triplet'}


def test_masks_are_the_share_of_a_cell_that_sounds():
    samples = batch(4)[1]
    with_box(samples[0], 0, 0, 50, 100)
    with_box(samples[1], 0, 0, 50, 100, sounding=False)
    samples[2].gt_map = torch.eye(2).repeat_interleave(4, 0).repeat_interleave(4, 1)
    masks = sounding_masks(samples, torch.ones(4, 2, 2))
    assert masks[0].tolist() == [[0.5, 0], [0.5, 0]]
    assert masks[1].tolist() == masks[3].tolist() == [[0, 0], [0, 0]]
    assert masks[2].tolist() == [[1, 0], [0, 1]]


def test_the_supervised_loss_draws_the_attention_into_the_box():
    model, (inputs, samples) = make(supervised_weight=1.0), batch(2, side=4)
    for sample in samples:
        with_box(sample, 0, 0, 100, 50)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
    for _ in range(40):
        optimizer.zero_grad()
        model(inputs, samples, 'loss')['loss_supervised'].backward()
        optimizer.step()
    after = log_attention(*model.embed(inputs)).exp()
    before = log_attention(*make().embed(inputs)).exp()
    for maps in zip(after, before):
        inside = [each[:2, :2].sum() for each in maps]
        assert inside[0] > inside[1] + 0.02


def test_gradients_reach_every_layer():
    model = make()
    with torch.autocast('cpu', torch.bfloat16):
        loss = model(*batch(), 'loss')['loss_triplet']
    loss.backward()
    assert loss.dtype == torch.float32
    assert all(p.grad.abs().sum() > 0 for p in model.parameters())


def test_only_the_supervised_loss_needs_boxes():
    assert make(supervised_weight=1.0).trains_on == ('boxes',)
    assert make().trains_on == ()
