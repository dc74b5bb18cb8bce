import math

import pytest
import torch
from mmengine.registry import init_default_scope
from torch.nn import functional as F

from mmavl.errors import ConfigError
from mmavl.models.localizers import AVGN
from mmavl.models.localizers.avgn import TokenGrouping
from mmavl.models.localizers.ez_vsl import max_instance_loss
from mmavl.structures import AVDataSample

from .peers import equal_units, given_backbones, random_units


def make(classes=3, **options):
    init_default_scope('mmavl')
    torch.manual_seed(0)
    options = {'channels': 8, 'depth': 1, 'num_heads': 2, **given_backbones(), **options}
    return AVGN(num_classes=classes, **options).eval()


def batch(tags=((1, 0, 0), (0, 1, 1), (0, 0, 1))):
    generator = torch.Generator().manual_seed(1)
    inputs = {
        'spectrogram': torch.randn(len(tags), 8, 4, 2, generator=generator),
        'image': torch.randn(len(tags), 8, 3, 3, generator=generator),
    }
    samples = [
        AVDataSample(metainfo={'clip_id': str(i)}, gt_tags=torch.tensor(tag).float())
        for i, tag in enumerate(tags)
    ]
    return inputs, samples


def literal_contrast(sounds, owners, visual, temperature=0.03):
    """Sound by sound; sounds of the own clip are left out."""
    best = [[(p.flatten(1).T @ s).max() / temperature for s in sounds] for p in visual]
    total = 0
    for q, owner in enumerate(owners):
        others = [k for k, other in enumerate(owners) if other != owner]
        row = torch.stack([best[owner][k] for k in (q, *others)])
        column = torch.stack([best[n][q] for n in (owner, *set(range(len(visual))) - {owner})])
        total = total + row.logsumexp(0) - row[0] + column.logsumexp(0) - column[0]
    return total / len(owners)


def test_with_one_tag_a_clip_the_contrast_is_ez_vsls():
    audio, visual, clips = random_units()
    loss = make().contrast(audio, visual, clips)['loss_contrast']
    torch.testing.assert_close(loss, max_instance_loss(audio, visual, clips, 0.03))
    equal = make().contrast(*equal_units(0.5))['loss_contrast']
    assert equal == pytest.approx(2 * math.log(4), abs=1e-4)


def test_with_several_tags_sounds_of_one_clip_are_no_negatives():
    audio, visual, _ = random_units(5)
    owners = torch.tensor([0, 0, 1, 2, 2])
    clips = torch.arange(3) + 40
    loss = make().contrast(audio, visual[:3], clips, owners)['loss_contrast']
    expected = literal_contrast(audio, owners.tolist(), visual[:3])
    torch.testing.assert_close(loss, expected)


def test_the_losses_of_a_batch_are_those_of_the_paper():
    model, (inputs, samples) = make(), batch()
    losses = model(inputs, samples, 'loss')
    sounds, objects, visual = model.group(inputs)
    owners, names = [0, 1, 1, 2], [0, 1, 2, 2]
    chosen = F.normalize(sounds[owners, names], dim=1)
    expected = literal_contrast(chosen, owners, visual)
    torch.testing.assert_close(losses['loss_contrast'], expected, rtol=1e-4, atol=1e-4)
    tags = torch.stack([sample.gt_tags for sample in samples])
    for name, vectors, layer in (
        ('audio', sounds, model.audio_prob),
        ('visual', objects, model.visual_prob),
    ):
        probs = (vectors @ layer.weight[0] + layer.bias).sigmoid()
        torch.testing.assert_close(losses[f'loss_{name}_tag'], F.binary_cross_entropy(probs, tags))


def test_at_the_start_tokens_cost_the_logarithm_of_the_number_of_classes():
    assert make(5)(*batch([[1, 0, 0, 0, 0]] * 2), 'loss')['loss_token'].item() == (
        pytest.approx(math.log(5))
    )


def test_tags_cost_ln_2_where_the_heads_say_nothing():
    model = make()
    model.audio_prob.weight.data.zero_()
    assert model(*batch(), 'loss')['loss_audio_tag'].item() == pytest.approx(math.log(2))


def test_the_right_pairing_costs_less_than_a_wrong_one():
    audio = torch.eye(4)
    visual = torch.zeros(4, 4, 2, 2)
    visual[..., 0, 1] = torch.eye(4)
    clips = torch.arange(4)
    assert make().contrast(audio, visual, clips)['loss_contrast'] == pytest.approx(0, abs=1e-5)
    assert make().contrast(audio.roll(1, 0), visual, clips)['loss_contrast'] > 30


def test_a_copy_of_a_clip_is_no_negative():
    audio, visual, _ = random_units(3)
    twice = torch.tensor([0, 1, 2, 0])
    model = make(temperature=10.0)
    masked, plain = (
        model.contrast(audio[twice], visual[twice], clips)['loss_contrast']
        for clips in (twice, torch.arange(4))
    )
    assert plain > masked + 0.2  # ln(4/3) in half of the rows and columns


def test_each_feature_is_shared_out_over_the_tokens():
    torch.manual_seed(0)
    grouping = TokenGrouping(3, 4, 1, 2)
    tokens, features = torch.randn(1, 3, 4), torch.randn(1, 5, 4)
    result = grouping.assign(tokens, features)[0]
    keys, values = grouping.key(features[0]), grouping.value(features[0])
    queries = grouping.query(tokens[0])
    shares = torch.stack([torch.stack([q @ k / 2 for q in queries]).softmax(0) for k in keys])
    for c in range(3):
        weights = shares[:, c] / (shares[:, c].sum() + 1)
        torch.testing.assert_close(result[c], sum(w * v for w, v in zip(weights, values)))


def test_the_order_of_the_cells_makes_no_difference_to_the_tokens():
    torch.manual_seed(0)
    grouping = TokenGrouping(3, 8, 2, 2).eval()
    features, tokens = torch.randn(2, 6, 8), torch.randn(3, 8)
    expected = grouping(features, tokens)
    torch.testing.assert_close(grouping(features.flip(1), tokens), expected)
    assert not torch.allclose(grouping(-features, tokens), expected, atol=1e-4)


def test_it_predicts_tags_and_the_maps_of_tagged_and_predicted_classes():
    model, (inputs, samples) = make(), batch()
    sounds, _, visual = model.group(inputs)
    probs = model.audio_prob(sounds)[..., 0].sigmoid()
    for n, sample in enumerate(model(inputs, samples, 'predict')):
        torch.testing.assert_close(sample.pred_tags, probs[n])
        labels = sample.map_labels.tolist()
        asked = sample.gt_tags.bool() | (probs[n] > 0.3)
        assert labels == asked.nonzero()[:, 0].tolist()
        for label, result in zip(labels, sample.pred_maps.data):
            vector = F.normalize(sounds[n, label], dim=0)
            torch.testing.assert_close(result, torch.einsum('d,dhw->hw', vector, visual[n]))
    assert model.needs_classes


def test_it_learns_from_tokens_that_begin_at_zero():
    model, (inputs, samples) = make().train(), batch()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.005)
    history = []
    for _ in range(100):
        history.append(model(inputs, samples, 'loss'))
        optimizer.zero_grad()
        sum(history[-1].values()).backward()
        optimizer.step()
    for name in ('loss_contrast', 'loss_audio_tag', 'loss_visual_tag'):
        assert history[-1][name] < 0.8 * history[0][name], name
    assert history[-1]['loss_token'] < history[0]['loss_token']


def test_gradients_reach_every_parameter_under_bfloat16():
    model = make(
        audio_neck={'type': 'PooledProjection', 'in_channels': 8, 'out_channels': 8},
        visual_neck={'type': 'Projection', 'in_channels': 8, 'out_channels': 8},
    )
    with torch.autocast('cpu', torch.bfloat16):
        losses = model(*batch(), 'loss')
    sum(losses.values()).backward()
    assert all(loss.dtype == torch.float32 for loss in losses.values())
    assert all(p.grad is not None and p.grad.isfinite().all() for p in model.parameters())


def test_what_cannot_work_is_refused():
    with pytest.raises(ConfigError, match='AVGN compares the clips'):
        make()(*batch([[1, 0, 0]]), 'loss')
    with pytest.raises(ConfigError, match='num_classes=4, but the clips have tags of 3'):
        make(4)(*batch(), 'loss')
    with pytest.raises(ConfigError, match='these clips have no tags'):
        make()(*batch([[0, 0, 0], [0, 0, 0]]), 'loss')
    inputs, samples = batch()
    for sample in samples:
        del sample.gt_tags
    for mode in ('loss', 'predict'):
        with pytest.raises(ConfigError, match='these clips have no tags'):
            make()(inputs, samples, mode)
    assert make().trains_on == ('tags',)
    assert make().least_batch == 2
