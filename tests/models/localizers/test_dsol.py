import math

import pytest
import torch
from mmengine.registry import init_default_scope
from torch.nn import functional as F

from mmavl.errors import ConfigError
from mmavl.models.localizers import DSOL
from mmavl.models.localizers.dsol import masked_mean
from mmavl.structures import AVDataSample

from .peers import given_backbones, random_units


def make(stage=1, **options):
    init_default_scope('mmavl')
    torch.manual_seed(0)
    options = {
        'clusters': 3,
        'audio_neck': {'type': 'PooledProjection', 'in_channels': 4, 'out_channels': 6},
        'visual_neck': {'type': 'Projection', 'in_channels': 5, 'out_channels': 6},
        **given_backbones(),
        **options,
    }
    return DSOL(stage=stage, **options)


def batch(clips=3, classes=2):
    generator = torch.Generator().manual_seed(1)
    inputs = {
        'spectrogram': torch.randn(clips, 4, 6, 2, generator=generator),
        'image': torch.randn(clips, 5, 4, 4, generator=generator),
    }
    samples = [
        AVDataSample(metainfo={'clip_id': str(i)}, gt_tags=torch.eye(classes)[i % classes])
        for i in range(clips)
    ]
    return inputs, samples


def with_dictionary(model, class_of=(0, 1, 1)):
    generator = torch.Generator().manual_seed(3)
    dictionary = torch.randn(3, 5, generator=generator)
    model.set_dictionary(F.normalize(dictionary, dim=1), dictionary, torch.tensor(class_of))
    return model


def bce(probability, target):
    return F.binary_cross_entropy(probability, torch.tensor(float(target)))


def test_the_loss_of_stage_1_is_that_of_the_published_code():
    audio, visual, clips = random_units()
    own, other = [], []
    for n in range(4):
        for m in range(4):
            peak = (5 * torch.einsum('d,dhw->hw', audio[m], visual[n])).sigmoid().max()
            (own if n == m else other).append(bce(peak, n == m))
    expected = (sum(own) / len(own) + sum(other) / len(other)) / 2
    loss = make().contrast(audio, visual, clips)['loss_location']
    torch.testing.assert_close(loss, expected)


def test_the_location_loss_of_stage_2_is_that_of_the_published_code():
    audio, visual, clips = random_units()
    own, other = [], []
    for n in range(4):
        for m in range(4):
            cells = (5 * torch.einsum('d,dhw->hw', audio[m], visual[n])).sigmoid()
            if n == m:
                own.append(bce(cells.max(), 1))
            else:
                pooled = [cells[i : i + 2, j : j + 2].max() for i in (0, 2) for j in (0, 2)]
                other.append(sum(bce(p, 0) for p in pooled) / 4)
    expected = (sum(own) / len(own) + sum(other) / len(other)) / 2
    loss = make(stage=2).contrast(audio, visual, clips)['loss_location']
    torch.testing.assert_close(loss, 0.5 * expected)


def test_the_map_is_the_sigmoid_of_five_times_the_cosine():
    audio = torch.tensor([[1.0, 0.0]])
    visual = torch.tensor([[1.0, 0.0, -1.0], [0.0, 1.0, 0.0]])[None, :, None]
    (result,) = make().localize(audio, visual)
    torch.testing.assert_close(result, torch.tensor([[0.99331, 0.5, 0.00669]]), atol=1e-5, rtol=0)


def test_orthogonal_pairs_cost_the_logarithm_of_two():
    audio = torch.tensor([[1.0, 0.0], [1.0, 0.0]])
    visual = torch.tensor([0.0, 1.0])[None, :, None, None].expand(2, 2, 3, 3)
    for stage, weight in ((1, 1), (2, 0.5)):
        loss = make(stage).contrast(audio, visual, torch.arange(2))['loss_location']
        assert loss.item() == pytest.approx(weight * math.log(2))


def test_the_right_pairing_costs_less_than_a_wrong_one():
    audio = torch.eye(3)
    visual = -torch.ones(3, 3, 4, 4) / 3**0.5
    visual[..., 1, 1] = torch.eye(3)
    for stage in (1, 2):
        right, wrong = (
            make(stage).contrast(sounds, visual, torch.arange(3))['loss_location']
            for sounds in (audio, audio.roll(1, 0))
        )
        assert right + 0.1 < wrong


def test_a_copy_of_a_clip_is_no_negative():
    audio = torch.eye(3)[[0, 1, 0]]
    visual = audio[..., None, None].expand(3, 3, 4, 4)
    masked, plain = (
        make().contrast(audio, visual, torch.tensor(clips))['loss_location']
        for clips in ([0, 1, 0], [0, 1, 2])
    )
    assert plain > masked + 0.5


def test_the_object_is_what_is_above_the_threshold_and_its_neighbours():
    maps = torch.zeros(1, 4, 4)
    maps[0, 1, 1] = 0.06
    features = torch.arange(16.0).view(1, 1, 4, 4)
    cross = features[0, 0, 1, 1] + features[0, 0, [0, 1, 1, 2], [1, 0, 2, 1]].sum()
    assert masked_mean(features, maps, 0.05).item() == pytest.approx(cross.item() / 16)
    assert masked_mean(features, maps, 0.1).item() == 0


def test_stage_1_classifies_both_into_the_nearest_centre_once_there_are_centres():
    model, (inputs, samples) = make(), batch()
    before = model(inputs, samples, 'loss')
    assert before['loss_visual_class'] == before['loss_audio_class'] == 0
    with_dictionary(model)
    objects = F.normalize(model.object_features(inputs), dim=1)
    labels = torch.stack([(model.centres - o).norm(dim=1).argmin() for o in objects])
    losses = model(inputs, samples, 'loss')
    visual = model.visual_classes(inputs['image'].mean((2, 3)))
    audio = model.audio_classes(inputs['spectrogram'].amax((2, 3)))
    torch.testing.assert_close(losses['loss_visual_class'], F.cross_entropy(visual, labels))
    torch.testing.assert_close(losses['loss_audio_class'], F.cross_entropy(audio, labels))


def test_stage_2_draws_the_objects_distribution_to_the_sounds():
    model, (inputs, samples) = with_dictionary(make(stage=2)), batch()
    model.affine.data = torch.tensor([0.7, -0.2])
    loss = model(inputs, samples, 'loss')['loss_classes']
    audio, visual = model.embed(inputs)
    total = 0
    cells = F.normalize(inputs['image'], dim=1)
    for n in range(3):
        maps = (5 * torch.einsum('d,dhw->hw', audio[n], visual[n])).sigmoid()
        scores = [
            ((0.7 * torch.einsum('c,chw->hw', o / o.norm(), cells[n]) - 0.2) * maps).mean()
            for o in model.dictionary
        ]
        target = model.audio_classes(inputs['spectrogram'][n].amax((1, 2))).softmax(0)
        ratio = target.log() - torch.stack(scores).log_softmax(0)
        total += (target * ratio).sum()
    torch.testing.assert_close(loss, total / 9)


def test_gradients_reach_what_a_stage_trains_and_nothing_else():
    for stage in (1, 2):
        model = with_dictionary(make(stage))
        with torch.autocast('cpu', torch.bfloat16):
            losses = model(*batch(), 'loss')
        sum(losses.values()).backward()
        assert all(loss.dtype == torch.float32 for loss in losses.values())
        frozen = {n for n, p in model.named_parameters() if not p.requires_grad}
        classifiers = {n for n in dict(model.named_parameters()) if '_classes.' in n}
        assert frozen == ({'affine'} if stage == 1 else classifiers)
        assert all(p.grad is not None for p in model.parameters() if p.requires_grad)


def test_stage_1_predicts_the_map_of_the_whole_sound():
    model, (inputs, samples) = make(), batch()
    expected = model.localize(*model.embed(inputs))
    for sample, result in zip(model(inputs, samples, 'predict'), expected):
        assert sample.map_labels.tolist() == [-1]
        torch.testing.assert_close(sample.pred_maps.data[0], result)
    assert not with_dictionary(model).needs_classes


def test_stage_2_predicts_maps_of_tagged_and_predicted_classes():
    model, (inputs, samples) = with_dictionary(make(stage=2)), batch()
    audio, visual = model.embed(inputs)
    maps = model.localize(audio, visual)
    shares = (3 * model.object_maps(inputs['image'], maps)).softmax(1)
    probs = model.sound_distribution(inputs['spectrogram'])
    for n, sample in enumerate(model(inputs, samples, 'predict')):
        expected = torch.stack([probs[n, 0], probs[n, 1] + probs[n, 2]])
        torch.testing.assert_close(sample.pred_tags, expected)
        labels = set(sample.map_labels.tolist())
        assert {n % 2, int(expected.argmax())} <= labels
        by_class = shares[n, 0], shares[n, 1] + shares[n, 2]
        for label, result in zip(sample.map_labels.tolist(), sample.pred_maps.data):
            torch.testing.assert_close(result, by_class[label])
    assert model.needs_classes


def test_stage_2_without_matched_clusters_predicts_the_map_of_the_whole_sound():
    model, (inputs, samples) = with_dictionary(make(stage=2), (-1, -1, -1)), batch()
    assert not model.needs_classes
    for sample in model(inputs, samples, 'predict'):
        assert sample.map_labels.tolist() == [-1]
        assert sample.pred_maps.data.shape == (1, 4, 4)


def test_a_silent_object_is_suppressed():
    """Two objects in the picture, of which the map has one."""
    model = make(stage=2)
    dictionary = 4 * torch.eye(5)[:3]
    model.set_dictionary(torch.eye(5)[:3], dictionary, torch.arange(3))
    picture = torch.zeros(1, 5, 1, 3)
    picture[0, 0, 0, 0] = picture[0, 1, 0, 2] = 8
    maps = torch.tensor([[[1.0, 0.0, 0.0]]])
    shares = (3 * model.object_maps(picture, maps)).softmax(1)[0, :, 0]
    assert shares[0, 0] > 0.99
    assert shares[1, 2].item() == pytest.approx(1 / 3)


def test_what_cannot_work_is_refused():
    with pytest.raises(ConfigError, match='DSOL compares the clips'):
        make()(*batch(1), 'loss')
    for mode in ('loss', 'predict'):
        with pytest.raises(ConfigError, match='stage 2 of DSOL has no dictionary'):
            make(stage=2)(*batch(), mode)
    with pytest.raises(ValueError, match='stage=3'):
        make(stage=3)


def test_an_objects_map_does_not_depend_on_how_large_the_object_was():
    """An object's features are means over all cells, so that those of large ones are longer."""
    model, (inputs, _) = with_dictionary(make(stage=2)), batch()
    maps = torch.rand(3, 4, 4)
    before = model.object_maps(inputs['image'], maps)
    model.dictionary *= torch.tensor([[0.1], [1], [20]])
    torch.testing.assert_close(model.object_maps(inputs['image'], maps), before)
    assert make(object_sharpness=30.0).affine.tolist() == [30, 0]
