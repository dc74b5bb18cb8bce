import math

import pytest
import torch
from mmengine.registry import init_default_scope
from torch.nn import functional as F

from mmavl.errors import ConfigError
from mmavl.models.localizers import SSLAlign
from mmavl.structures import AVDataSample

from .peers import equal_units, given_backbones, random_units

WHOLE = {'type': 'PooledProjection', 'in_channels': 4, 'out_channels': 5}


def make(**options):
    init_default_scope('mmavl')
    torch.manual_seed(0)
    options = {'audio_whole': WHOLE, 'visual_whole': WHOLE, **options}
    return SSLAlign(**options, **given_backbones())


def views_of(units, views=3):
    """The vectors of a batch, those of each view in another order of the channels."""
    audio, visual, clips = units
    audio = torch.stack([audio.roll(v, 1) for v in range(views)], 1)
    visual = torch.stack([visual.roll(2 * v, 1) for v in range(views)], 1)
    whole = F.normalize(visual.amax((-2, -1)), dim=2)
    ids = clips[:, None].expand(-1, views)
    return [audio, visual, audio.roll(1, 2), whole, ids, ids]


def literal_losses(audio, visual, whole_audio, whole_visual):
    """The 18 terms, one picture and one sound at a time."""
    count, views = audio.shape[:2]
    local, whole = 0.0, 0.0
    for i in range(views):
        for j in range(views):
            for n in range(count):
                cells = visual[n, i].flatten(1).T
                means, wholes = [], []
                for m in range(count):
                    cosines = cells @ audio[m, j]
                    weights = ((cosines - 0.65) / 0.03).sigmoid()
                    means.append(float((weights * cosines).sum() / weights.sum()) / 0.07)
                    wholes.append(float(whole_visual[n, i] @ whole_audio[m, j]) / 0.07)
                local += math.log(sum(math.exp(v - means[n]) for v in means)) / count
                whole += math.log(sum(math.exp(v - wholes[n]) for v in wholes)) / count
    return {'loss_local': local, 'loss_whole': whole}


def batch(clips=3, views=3):
    """Clips whose neighbours are the clips after them."""
    generator = torch.Generator().manual_seed(1)
    inputs = {
        'spectrogram': torch.rand(clips * views, 4, 5, 2, generator=generator),
        'image': torch.rand(clips * views, 4, 3, 3, generator=generator),
    }
    samples = [
        AVDataSample(metainfo={'clip_id': str(clip + 10 * (view == 2)), 'view': view})
        for view in range(views)
        for clip in range(clips)
    ]
    return inputs, samples


def test_the_losses_are_the_plain_sums_over_all_pairs_of_views():
    tensors = [t.double() if t.is_floating_point() else t for t in views_of(random_units())]
    losses = make().contrast(*tensors)
    for name, value in literal_losses(*tensors[:4]).items():
        assert float(losses[name]) == pytest.approx(value), name


def test_equal_similarities_cost_eighteen_times_the_logarithm_of_the_batch():
    audio, visual, clips = equal_units(0.5)
    audio, visual = (t[:, None].expand(-1, 3, *t.shape[1:]) for t in (audio, visual))
    ids = clips[:, None].expand(-1, 3)
    losses = make().contrast(audio, visual, audio, visual.amax((-2, -1)), ids, ids)
    assert float(sum(losses.values())) == pytest.approx(18 * math.log(4), rel=1e-4)


def test_pictures_are_the_anchors():
    tensors = views_of(random_units())
    losses = make().contrast(*tensors)
    audio, visual, whole_audio, whole_visual, *ids = tensors
    swapped = make().contrast(audio, visual, whole_visual, whole_audio, *ids)
    assert abs(float(swapped['loss_whole'] - losses['loss_whole'])) > 0.1


def test_the_right_pairing_costs_less_than_a_wrong_one():
    audio = torch.eye(4)[:, None].expand(4, 3, 4)
    visual = torch.zeros(4, 3, 4, 2, 2)
    visual[..., 0, 1] = audio
    ids = torch.arange(4)[:, None].expand(4, 3)
    right = make().contrast(audio, visual, audio, audio, ids, ids)
    wrong = make().contrast(audio.roll(1, 0), visual, audio.roll(1, 0), audio, ids, ids)
    for name in right:
        assert right[name] < 0.01 < 90 < wrong[name]


def test_a_neighbours_picture_is_no_negative_of_its_own_sound():
    """Clip 0's neighbour looks like, and is, clip 1, whose sound is in the batch."""
    tensors = [tensor.double() for tensor in views_of(random_units(3))[:4]]
    apart = torch.tensor([[0, 0, 10], [1, 1, 11], [2, 2, 12]])
    same = torch.tensor([[0, 0, 1], [1, 1, 11], [2, 2, 12]])
    losses = [make().contrast(*tensors, apart, ids)['loss_whole'] for ids in (apart, same)]
    whole_audio, whole_visual = tensors[2], tensors[3]
    logits = torch.stack([whole_audio[:, j] @ whole_visual[0, 2] / 0.07 for j in (0, 1)])
    less = [row.logsumexp(0) - row[[0, 2]].logsumexp(0) for row in logits]
    assert float(losses[0] - losses[1]) == pytest.approx(float(sum(less)) / 3, rel=1e-4)


def test_copies_of_a_clip_are_no_negatives():
    tensors = views_of(random_units(3))
    *twice, _, _ = [t[[0, 1, 2, 0]] for t in tensors]
    losses = []
    for ids in ([0, 1, 2, 3], [0, 1, 2, 0]):
        ids = torch.tensor(ids)[:, None].expand(-1, 3)
        losses.append(float(sum(make(temperature=10).contrast(*twice, ids, ids).values())))
    # ln(4 / 3) in half of the rows of 18 terms
    assert losses[0] - losses[1] == pytest.approx(9 * math.log(4 / 3), rel=0.05)


def test_each_view_keeps_its_clip_on_the_way_to_the_loss():
    model = make()
    inputs, samples = batch()
    samples[6].set_metainfo({'audio_clip_id': '42'})  # the third view of the first clip
    audio, visual, _, whole_visual, sounds, clips = model.contrasted(inputs, samples)
    expected = F.normalize(inputs['spectrogram'].amax((2, 3)), dim=1)
    torch.testing.assert_close(audio[1, 2], expected[2 * 3 + 1])
    torch.testing.assert_close(visual[2, 1], F.normalize(inputs['image'], dim=1)[1 * 3 + 2])
    torch.testing.assert_close(whole_visual.norm(dim=2), torch.ones(3, 3))
    assert torch.equal(clips[:, 0], clips[:, 1])
    assert (clips[:, 0] != clips[:, 2]).all()
    assert (sounds != clips).nonzero().tolist() == [[0, 2]]


def test_every_projection_gets_a_gradient():
    necks = {
        'audio_neck': {'type': 'PooledProjection', 'in_channels': 4, 'out_channels': 4},
        'visual_neck': {'type': 'Projection', 'in_channels': 4, 'out_channels': 4},
    }
    model = make(**necks)
    sum(model(*batch(), 'loss').values()).backward()
    assert all(p.grad.abs().sum() > 0 for p in model.parameters())


def test_the_map_is_the_cosine_of_the_unprojected_cells():
    inputs, samples = batch(3, 1)
    predicted = make()(inputs, samples, 'predict')
    sound = inputs['spectrogram'].amax((2, 3))[..., None, None]
    expected = F.cosine_similarity(sound, inputs['image'], dim=1)
    for sample, values in zip(predicted, expected):
        assert sample.map_labels.tolist() == [-1]
        torch.testing.assert_close(sample.pred_maps.data[0], values)


def test_a_batch_without_views_is_refused_and_says_how_to_get_them():
    with pytest.raises(ConfigError, match=r'use a ViewDataset.*no collate_fn'):
        make()(*batch(3, 1), 'loss')
    inputs, samples = batch(3, 3)
    with pytest.raises(ConfigError, match='is not ordered by view'):
        make()(inputs, samples[::-1], 'loss')


def test_a_batch_of_one_is_refused():
    with pytest.raises(ConfigError, match=r'SSLAlign compares the clips of a batch.*has 1'):
        make()(*batch(1), 'loss')
