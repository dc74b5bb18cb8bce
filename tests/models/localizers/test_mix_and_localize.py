import itertools
import math

import pytest
import torch
from mmengine.registry import init_default_scope
from torch import nn
from torch.nn import functional as F

from mmavl.errors import ConfigError
from mmavl.models.localizers import MixAndLocalize
from mmavl.structures import AVDataSample

from .peers import given_backbones


class Waves(nn.Module):
    """A waveform as its own map, [N, 1, L] -> [N, 1, 1, L]."""

    sample_rate = 10

    def forward(self, waveform):
        """The map."""
        return waveform[:, None, None]


def make(sources=2, **options):
    init_default_scope('mmavl')
    torch.manual_seed(0)
    head = {'type': 'PooledProjection', 'in_channels': 1, 'out_channels': 4, 'hidden': [8]}
    options = {'seconds': 1.0, 'audio_neck': head, **given_backbones(), **options}
    model = MixAndLocalize(sources=sources, **options)
    model.data_preprocessor.spectrogram = Waves()
    return model


def batch(clips=4, length=30):
    generator = torch.Generator().manual_seed(1)
    inputs = {
        'waveform': torch.randn(clips, length, generator=generator),
        'image': torch.randn(clips, 4, 3, 3, generator=generator),
    }
    inputs['spectrogram'] = Waves()(inputs['waveform'])
    return inputs, [AVDataSample(metainfo={'clip_id': str(i)}) for i in range(clips)]


def random_groups(groups=3, sources=2):
    generator = torch.Generator().manual_seed(2)
    audio = torch.randn(2, groups, sources, 4, generator=generator)
    visual = torch.randn(groups, sources, 4, 3, 3, generator=generator)
    clips = torch.arange(groups * sources).view(groups, sources)
    return F.normalize(audio, dim=-1), F.normalize(visual, dim=2), clips


def literal_loss(audio, visual, temperature=0.07):
    """The walk of each group, node by node."""
    losses = []
    for first, second, pictures in zip(*audio, visual):
        count = len(pictures)

        def best(picture, node):
            return (picture.flatten(1).T @ node).max() / temperature

        to_node = torch.stack(
            [torch.stack([best(p, n) for n in first]).softmax(0) for p in pictures]
        )
        to_picture = torch.stack(
            [torch.stack([best(p, n) for p in pictures]).softmax(0) for n in second]
        )
        walk = to_picture @ to_node
        losses.append(-sum(walk[j, j].log() for j in range(count)) / count)
    return sum(losses) / len(losses)


@pytest.mark.parametrize('sources', [2, 3])
def test_the_loss_is_that_of_the_published_code(sources):
    audio, visual, clips = random_groups(sources=sources)
    loss = make(sources).contrast(audio, visual, clips)['loss_walk']
    torch.testing.assert_close(loss, literal_loss(audio, visual))


def test_equal_similarities_cost_the_logarithm_of_the_number_of_sources():
    for sources in (2, 3):
        audio, visual, clips = random_groups(sources=sources)
        audio[:] = audio[0, 0, 0]
        visual[:] = visual[0, 0, :, :1, :1]
        loss = make(sources).contrast(audio, visual, clips)['loss_walk']
        assert loss == pytest.approx(math.log(sources), abs=1e-5)


def test_the_heads_of_both_mixtures_are_tied():
    """The same permutation of both mixtures' nodes changes nothing; one of only one does."""
    audio, visual, clips = random_groups(sources=3)
    loss = make(3).contrast(audio, visual, clips)['loss_walk']
    for order in itertools.permutations(range(3)):
        both = make(3).contrast(audio[:, :, order], visual, clips)['loss_walk']
        torch.testing.assert_close(both, loss)
    one = torch.stack([audio[0], audio[1].roll(1, 1)])
    assert make(3).contrast(one, visual, clips)['loss_walk'] != pytest.approx(float(loss))


def test_a_walk_that_returns_costs_nothing_and_one_that_ends_elsewhere_much():
    nodes = torch.eye(2)[None].expand(1, 2, 2)
    visual = torch.zeros(1, 2, 2, 3, 3)
    visual[0, :, :, 1, 1] = torch.eye(2)
    clips = torch.tensor([[0, 1]])
    right = make().contrast(torch.stack([nodes, nodes]), visual, clips)['loss_walk']
    wrong = make().contrast(torch.stack([nodes, nodes.flip(1)]), visual, clips)['loss_walk']
    assert right == pytest.approx(0, abs=1e-4)
    assert wrong > 10


def test_a_group_with_two_copies_of_a_clip_is_left_out():
    audio, visual, clips = random_groups()
    clips[1] = clips[1, 0]
    loss = make().contrast(audio, visual, clips)['loss_walk']
    kept = [0, 2]
    torch.testing.assert_close(loss, literal_loss(audio[:, kept], visual[kept]))
    assert make().contrast(audio, visual, torch.zeros_like(clips))['loss_walk'] == 0


def test_mixtures_are_means_of_segments_of_the_groups_clips_at_one_loudness():
    inputs, _ = batch(clips=5, length=10)  # as long as a segment: nothing is drawn
    waves = inputs['waveform'][:4]
    loud = waves * (0.1 / (waves.square().mean(1, keepdim=True).sqrt() + 1e-4))
    expected = torch.stack([(loud[0] + loud[1]) / 2, (loud[2] + loud[3]) / 2])
    mixtures = make().mix(inputs, 4)
    torch.testing.assert_close(mixtures, torch.cat([expected, expected]))
    torch.manual_seed(3)
    first, second = make().mix(batch(clips=2)[0], 2)
    assert first.shape == (10,)
    assert not torch.equal(first, second)


def test_the_map_is_the_maximum_of_the_nodes():
    model, (inputs, samples) = make(), batch()
    audio, visual = model.embed(inputs)
    for number, sample in enumerate(model(inputs, samples, 'predict')):
        maps = [torch.einsum('d,dhw->hw', node, visual[number]) for node in audio[number]]
        torch.testing.assert_close(sample.pred_maps.data[0], torch.maximum(*maps))
        assert sample.map_labels.tolist() == [-1]


def test_a_last_clip_without_a_group_is_left_out_of_the_loss():
    loss = make()(*batch(5, length=10), 'loss')['loss_walk']
    torch.testing.assert_close(loss, make()(*batch(5, length=10), 'loss')['loss_walk'])
    loss.backward()
    assert loss.isfinite()


def test_what_cannot_be_mixed_is_refused():
    with pytest.raises(ConfigError, match='the sounds of 2 clips, and this batch has 1'):
        make()(*batch(1), 'loss')
    inputs, samples = batch()
    inputs['audio_features'] = inputs.pop('spectrogram')
    del inputs['waveform']
    with pytest.raises(ConfigError, match='mixes waveforms, but the sound features'):
        make()(inputs, samples, 'loss')
    with pytest.raises(
        ConfigError, match=r'have 9 samples, but MixAndLocalize needs 10 \(seconds=1.0\)'
    ):
        make()(*batch(length=9), 'loss')
    with pytest.raises(ValueError, match='sources=1'):
        make(sources=1)


def test_gradients_reach_every_head_under_bfloat16():
    neck = {'type': 'Projection', 'in_channels': 4, 'out_channels': 4}
    model = make(visual_neck=neck)
    with torch.autocast('cpu', torch.bfloat16):
        loss = model(*batch(), 'loss')['loss_walk']
    loss.backward()
    assert loss.dtype == torch.float32
    for module in (*model.audio_neck, model.visual_neck):
        assert all(p.grad.abs().sum() > 0 for p in module.parameters())


def test_each_process_needs_a_group(monkeypatch):
    assert make(sources=3).least_batch == 3
    monkeypatch.setattr('mmavl.models.localizers.mix_and_localize.get_world_size', lambda: 2)
    assert make(sources=3).least_batch == 6
