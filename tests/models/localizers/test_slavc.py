import math
import os
import socket

import pytest
import torch
from mmengine.registry import init_default_scope
from torch import nn
from torch.nn import functional as F

from mmavl.errors import ConfigError
from mmavl.models.localizers import SLAVC
from mmavl.models.localizers.slavc import log_matches
from mmavl.registry import MODELS
from mmavl.structures import AVDataSample

from .peers import equal_units, given_backbones, random_units

NECKS = {
    'audio_neck': {'type': 'PooledProjection', 'in_channels': 4, 'out_channels': 6},
    'visual_neck': {'type': 'Projection', 'in_channels': 4, 'out_channels': 6},
}


class Trained(nn.Module):
    """A backbone with a convolution and running statistics."""

    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Conv2d(4, 4, 1), nn.BatchNorm2d(4))

    def forward(self, inputs):
        """Run it."""
        return self.net(inputs)


def make(trained=False, **options):
    init_default_scope('mmavl')
    torch.manual_seed(0)
    backbones = given_backbones()
    if trained:
        if 'Trained' not in MODELS.module_dict:
            MODELS.register_module(name='Trained', module=Trained)
        backbones = {name: {'type': 'Trained'} for name in backbones}
    return SLAVC(**{**NECKS, **options}, **backbones)


def batch(clips=3):
    generator = torch.Generator().manual_seed(1)
    inputs = {
        'spectrogram': torch.rand(clips, 4, 5, 2, generator=generator),
        'image': torch.rand(clips, 4, 3, 3, generator=generator),
    }
    return inputs, [AVDataSample(metainfo={'clip_id': str(i)}) for i in range(clips)]


def two_heads(units):
    """Vectors of two heads, the second those of the first in another order of the channels."""
    audio, visual, clips = units
    return (
        torch.cat([audio, audio.roll(2, 1)], 1) / 2**0.5,
        torch.cat([visual, visual.roll(1, 1)], 1) / 2**0.5,
        clips,
    )


def literal_match(audio, visual, temperature, over_sounds):
    """P of the formula, one picture, sound and cell at a time."""
    half = audio.shape[1] // 2
    audio, cells = audio * 2**0.5, visual.flatten(2) * 2**0.5
    count, places = len(audio), cells.shape[2]

    def exp(n, m, x, head):
        return math.exp(float(cells[n, head, x] @ audio[m, head]) / temperature)

    first, second = slice(0, half), slice(half, None)
    matches = torch.zeros(count, count)
    for n in range(count):
        for m in range(count):
            for x in range(places):
                if over_sounds:
                    total = sum(exp(n, k, x, first) for k in range(count))
                else:
                    total = sum(exp(k, m, x, first) for k in range(count))
                place = exp(n, m, x, second) / sum(exp(n, m, y, second) for y in range(places))
                matches[n, m] += exp(n, m, x, first) / total * place
    return matches


def literal_loss(rows):
    return -sum((rows[n, n] / rows[n].sum()).log() for n in range(len(rows))) / len(rows)


@pytest.mark.parametrize('audio_anchors', [True, False])
def test_the_losses_are_those_of_the_formulas(audio_anchors):
    audio, visual, clips = two_heads(random_units(3))
    slow_audio, slow_visual = audio.roll(1, 1), visual.roll(2, 1)
    model = make(temperature=0.2, audio_anchors=audio_anchors)
    losses = model.contrast(audio, visual, slow_audio, slow_visual, clips)
    rows = literal_match(slow_audio, visual, 0.2, over_sounds=True)
    assert float(losses['loss_image']) == pytest.approx(float(literal_loss(rows)), rel=1e-4)
    rows = literal_match(audio, slow_visual, 0.2, over_sounds=not audio_anchors)
    rows = rows.T if audio_anchors else rows
    assert float(losses['loss_audio']) == pytest.approx(float(literal_loss(rows)), rel=1e-4)


@pytest.mark.parametrize('audio_anchors', [True, False])
def test_equal_similarities_cost_twice_the_logarithm_of_the_batch(audio_anchors):
    audio, visual, clips = two_heads(equal_units(-0.5))
    losses = make(audio_anchors=audio_anchors).contrast(audio, visual, audio, visual, clips)
    assert float(sum(losses.values())) == pytest.approx(2 * math.log(4), abs=1e-4)


def test_the_order_of_the_batch_makes_no_difference_and_the_direction_does():
    audio, visual, clips = two_heads(random_units())
    model = make(temperature=0.2)
    loss = sum(model.contrast(audio, visual, audio, visual, clips).values())
    order = torch.tensor([2, 0, 3, 1])
    moved = model.contrast(audio[order], visual[order], audio[order], visual[order], clips)
    assert float(sum(moved.values())) == pytest.approx(float(loss), rel=1e-5)
    published = make(temperature=0.2, audio_anchors=False)
    published = published.contrast(audio, visual, audio, visual, clips)
    assert abs(float(sum(published.values()) - loss)) > 0.01


def test_the_right_pairing_costs_less_than_a_wrong_one():
    audio, visual, clips = two_heads((torch.eye(4), torch.zeros(4, 4, 2, 2), torch.arange(4)))
    visual[..., 0, 1] = audio
    right = make().contrast(audio, visual, audio, visual, clips)
    wrong_audio = audio.roll(1, 0)
    wrong = make().contrast(wrong_audio, visual, wrong_audio, visual, clips)
    for name in right:
        assert right[name] < 0.5 < 2 < wrong[name]


def test_copies_of_a_clip_are_no_negatives_and_give_finite_gradients():
    audio, visual, _ = two_heads(random_units(3))
    twice = torch.tensor([0, 1, 2, 0])
    for over in (0, 1):
        once = log_matches(audio, visual, torch.arange(3), 0.2, over)
        again = log_matches(audio[twice], visual[twice], twice, 0.2, over)
        once, again = (once[0], again[0, :3]) if over else (once[:, 0], again[:3, 0])
        torch.testing.assert_close(again, once)
    audio, visual = audio[twice].requires_grad_(), visual[twice].requires_grad_()
    sum(make().contrast(audio, visual, audio, visual, twice).values()).backward()
    assert torch.isfinite(audio.grad).all()
    assert torch.isfinite(visual.grad).all()


def test_copies_begin_equal_and_move_by_the_momentum_before_each_step():
    model = make(trained=True, momentum=0.75).train()
    model.init_weights()
    neck, copy = model.audio_place_neck[0], model.momentum_parts['audio_place_neck'][0]
    start = neck.weight.detach().clone()
    assert torch.equal(copy.weight, start)
    with torch.no_grad():
        neck.weight += 1
    model(*batch(), 'loss')
    torch.testing.assert_close(copy.weight, start + 0.25)
    model(*batch(), 'loss')
    torch.testing.assert_close(copy.weight, start + 0.25 + 0.75 * 0.25)


def test_copies_stay_in_evaluation():
    model = make(momentum=0.5).eval()
    before = model.momentum_parts['audio_neck'][0].weight.clone()
    with torch.no_grad():
        model.audio_neck[0].weight += 1
    model(*batch(), 'loss')
    model(*batch(), 'predict')
    assert torch.equal(model.momentum_parts['audio_neck'][0].weight, before)


def test_copies_gather_statistics_of_their_own_and_have_no_gradient():
    model = make(trained=True).train()
    sum(model(*batch(), 'loss').values()).backward()
    fast, slow = model.visual_backbone.net, model.momentum_parts['visual_backbone'].net
    assert slow[1].num_batches_tracked == 1
    torch.testing.assert_close(slow[1].running_mean, fast[1].running_mean)
    with torch.no_grad():
        fast[0].bias += 5
    model(*batch(), 'loss')
    assert (fast[1].running_mean - slow[1].running_mean).min() > 0.4
    assert all(p.grad is None for p in model.momentum_parts.parameters())
    others = [p for n, p in model.named_parameters() if not n.startswith('momentum_parts.')]
    assert all(p.grad is not None for p in others)


def test_frozen_parts_have_no_copies():
    assert {*make().momentum_parts} == {*NECKS, 'audio_place_neck', 'visual_place_neck'}
    assert {'audio_backbone', 'visual_backbone'} < {*make(trained=True).momentum_parts}


def test_a_resumed_model_goes_on_as_if_it_had_not_stopped():
    model, other = make(trained=True).train(), make(trained=True, momentum=0.999).train()
    model.momentum = other.momentum = 0.5
    for trained in (model, other):
        optimizer = torch.optim.SGD(trained.parameters(), lr=0.5)
        for _ in range(2):
            optimizer.zero_grad()
            sum(trained(*batch(), 'loss').values()).backward()
            optimizer.step()
            if trained is other:  # as from a checkpoint
                state = {name: tensor.clone() for name, tensor in other.state_dict().items()}
                other.load_state_dict(state)
    for name, tensor in model.state_dict().items():
        assert torch.equal(tensor, other.state_dict()[name]), name


def test_the_map_is_the_mean_of_the_two_heads_cosines():
    model = make().eval()
    inputs, samples = batch()
    predicted = model(inputs, samples, 'predict')
    maps = []
    for ends in ('neck', 'place_neck'):
        audio = getattr(model, f'audio_{ends}')(inputs['spectrogram'])
        visual = getattr(model, f'visual_{ends}')(inputs['image'])
        maps.append(F.cosine_similarity(audio[..., None, None], visual, dim=1))
    for number, sample in enumerate(predicted):
        assert sample.map_labels.tolist() == [-1]
        torch.testing.assert_close(sample.pred_maps.data[0], sum(maps)[number].detach() / 2)


def test_a_batch_of_one_is_refused():
    with pytest.raises(ConfigError, match=r'SLAVC compares the clips of a batch.*batch has 1'):
        make()(*batch(1), 'loss')


def test_a_momentum_that_is_no_share_is_refused():
    with pytest.raises(ValueError, match=r'momentum=1.5 is not from 0 to 1'):
        make(momentum=1.5)


def _train(rank, port, path):
    """Two steps of one of two processes, each on half of the batch."""
    os.environ.update(MASTER_ADDR='127.0.0.1', MASTER_PORT=str(port))
    torch.distributed.init_process_group('gloo', rank=rank, world_size=2)
    model = nn.parallel.DistributedDataParallel(make(momentum=0.5).train())
    steps(model, *part(batch(4), rank))
    torch.save(model.module.state_dict(), path / f'{rank}.pth')
    torch.distributed.destroy_process_group()


def part(of, rank):
    inputs, samples = of
    half = slice(2 * rank, 2 * rank + 2)
    return {name: tensor[half] for name, tensor in inputs.items()}, samples[half]


def steps(model, inputs, samples):
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for _ in range(2):
        optimizer.zero_grad()
        sum(model(inputs, samples, 'loss').values()).backward()
        optimizer.step()


@pytest.mark.slow
def test_two_processes_have_the_weights_and_copies_of_one(tmp_path):
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        port = probe.getsockname()[1]
    torch.multiprocessing.spawn(_train, (port, tmp_path), nprocs=2)
    model = make(momentum=0.5).train()
    steps(model, *batch(4))
    for rank in (0, 1):
        state = torch.load(tmp_path / f'{rank}.pth', weights_only=True)
        for name, tensor in model.state_dict().items():
            torch.testing.assert_close(state[name], tensor, rtol=1e-4, atol=1e-6, msg=name)
    start = make(momentum=0.5).momentum_parts['audio_neck'][0].weight
    assert not torch.equal(model.momentum_parts['audio_neck'][0].weight, start)
