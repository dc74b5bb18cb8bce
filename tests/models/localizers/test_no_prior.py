import math

import pytest
import torch
from torch.nn import functional as F

from mmavl.errors import ConfigError
from mmavl.models.localizers import LVS, NoPrior
from mmavl.models.localizers.no_prior import (
    Objects,
    find_anchors,
    group_anchors,
    object_loss,
    source_map,
    weighted_cells,
)
from mmavl.structures import AVDataSample

from .peers import equal_units, given_backbones, random_units

BACKGROUND = F.normalize(torch.tensor([0.14, 0.14, 0.98]), dim=0)


def make(**options):
    return NoPrior(**options, **given_backbones())


def cosine(one, other):
    return float(one @ other) / float(one.norm() * other.norm())


def literal_anchors(visual, cosines, negative=0.4, sharpness=0.03, least=0.1):
    """The published loop, one cell at a time."""
    cells = [visual.flatten(1)[:, x] * cosines.flatten()[x] for x in range(cosines.numel())]
    silent = [1 / (1 + math.exp((float(s) - negative) / sharpness)) for s in cosines.flatten()]
    background = sum(c * s for c, s in zip(cells, silent)) / len(cells)
    left, anchors = cosines.flatten().tolist(), []
    while max(left) >= least:
        best = left.index(max(left))
        anchors.append(best)
        for x, cell in enumerate(cells):
            if (cell - cells[best]).norm() < (cell - background).norm():
                left[x] = 0.0
    return [cells[x] for x in anchors], background


def two_objects():
    """A picture with two objects and background; the sound is like both, and a little like it."""
    sound = F.normalize(torch.tensor([1.0, 1.0, 0.0]), dim=0)
    visual = torch.zeros(3, 3, 4)
    visual[:] = BACKGROUND[:, None, None]
    visual[:, 0, :2] = torch.tensor([1.0, 0.0, 0.0])[:, None]
    visual[:, 2, 2:] = torch.tensor([0.0, 1.0, 0.0])[:, None]
    return sound, visual


def batch(audio, visual):
    samples = [AVDataSample(metainfo={'clip_id': str(i)}) for i in range(len(audio))]
    return {'spectrogram': audio[..., None, None], 'image': visual}, samples


def test_the_base_is_lvs_loss():
    units = random_units()
    loss = make().contrast(*units)
    expected = LVS(**given_backbones()).contrast(*units)['loss_contrast']
    assert float(loss['loss_contrast']) == pytest.approx(float(expected))


@pytest.mark.parametrize('value', [0.5, -0.5])
def test_equal_cosines_cost_the_logarithm_of_the_negatives(value):
    """Also below 0, where the published mask of -99 turns into the strongest negative."""
    loss = make().contrast(*equal_units(value))
    assert float(loss['loss_contrast']) == pytest.approx(math.log(4 + 1), abs=1e-4)


@pytest.mark.parametrize('clip', range(4))
def test_anchors_are_those_of_the_published_loop(clip):
    audio, visual, _ = random_units(side=5)
    cosines = torch.einsum('d,dhw->hw', audio[clip], visual[clip])
    anchors, background = literal_anchors(visual[clip], cosines)
    objects = make().objects(visual[clip], cosines)
    torch.testing.assert_close(objects.anchors, torch.stack(anchors))
    torch.testing.assert_close(objects.background, background)
    assert len(anchors) > 1


def test_without_a_similar_cell_there_is_no_anchor():
    cells = torch.eye(3)
    assert find_anchors(cells, torch.tensor([0.05, 0.0, -0.9]), cells[2], 0.1).shape == (0, 3)


def test_anchors_like_the_background_are_none_and_likeness_passes_on():
    def at(degrees):
        angles = torch.deg2rad(torch.tensor(degrees))
        return torch.stack([angles.cos(), angles.sin()], 1)

    anchors = at([0.0, 100.0, 50.0, 180.0, 260.0])  # cos 50 degrees = 0.64
    groups = group_anchors(anchors, at([265.0])[0], 0.7, 0.6)
    assert groups.tolist() == [0, 0, 0, 3, -1]


def test_the_object_loss_is_that_of_the_formula():
    anchors, _, _ = random_units(5)
    groups, background = torch.tensor([0, 1, 0, -1, 1]), anchors.mean(0)
    expected = 0.0
    for first, mine, others in ((0, [0, 2], [1, 3, 4]), (1, [1, 4], [0, 2, 3])):
        expected += 1 - cosine(anchors[first], anchors[mine].mean(0))
        expected += cosine(anchors[first], anchors[others].mean(0) + background)
    loss = object_loss(Objects(anchors, groups, background))
    assert float(loss) == pytest.approx(expected, rel=1e-4)


def test_one_source_alone_has_no_object_loss():
    anchors = torch.eye(3)[:1]
    assert object_loss(Objects(anchors, torch.tensor([0]), torch.ones(3))) == 0
    assert object_loss(Objects(anchors[:0], torch.tensor([]), torch.ones(3))) == 0


def test_sources_apart_cost_less_than_sources_alike():
    background = torch.tensor([0.0, 0.0, 0.1])
    groups = torch.tensor([0, 1])
    apart = object_loss(Objects(torch.eye(3)[:2], groups, background))
    alike = object_loss(Objects(torch.eye(3)[[0, 0]], groups, background))
    assert apart < 0.1 < 1.9 < alike


def test_a_picture_of_two_objects_has_two_maps_each_on_one():
    sound, visual = two_objects()
    inputs, samples = batch(sound[None], visual[None])
    (sample,) = make()(inputs, samples, 'predict')
    assert sample.map_labels.tolist() == [-1, -1]
    maps = sample.pred_maps.data
    assert maps.amax((1, 2)).tolist() == pytest.approx([1, 1])
    places = [(values > 0.5).nonzero().tolist() for values in maps]
    assert sorted(places) == [[[0, 0], [0, 1]], [[2, 2], [2, 3]]]


def test_the_number_of_maps_is_each_clips_own():
    sound, visual = two_objects()
    one = visual.clone()
    one[:, 2, 2:] = BACKGROUND[:, None]
    none = -visual
    inputs, samples = batch(sound.expand(3, -1), torch.stack([one, visual, none]))
    predicted = make()(inputs, samples, 'predict')
    assert [len(sample.map_labels) for sample in predicted] == [1, 2, 1]
    cosines = torch.einsum('d,dhw->hw', sound, none)  # without a source, the cosines
    torch.testing.assert_close(predicted[2].pred_maps.data[0], cosines)


def test_a_map_is_in_the_order_of_the_published_one():
    audio, visual, _ = random_units()
    cells = weighted_cells(visual[0], torch.einsum('d,dhw->hw', audio[0], visual[0]))
    anchors = cells[[1, 4]]
    published = -(cells[:, None] - anchors).norm(dim=2).mean(1)
    result = source_map(cells, anchors)
    assert result.argsort().tolist() == published.argsort().tolist()
    assert result.max() <= 1


def test_the_object_loss_reaches_pictures_and_sounds():
    audio, visual, clips = (tensor.clone() for tensor in random_units(side=5))
    audio.requires_grad_()
    visual.requires_grad_()
    make().contrast(audio, visual, clips)['loss_object'].backward()
    for tensor in (audio, visual):
        assert torch.isfinite(tensor.grad).all()
        assert tensor.grad.abs().sum() > 0


def test_a_batch_of_one_and_a_lack_of_negatives_are_refused():
    sound, visual = two_objects()
    with pytest.raises(ConfigError, match=r'NoPrior compares the clips of a batch.*has 1'):
        make()(*batch(sound[None], visual[None]), 'loss')
    with pytest.raises(ValueError, match='NoPrior needs negative'):
        make(negative=None)
