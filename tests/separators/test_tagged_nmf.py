import math

import pytest
import torch
from mmengine.registry import init_default_scope
from torch import nn

from mmavl.errors import ConfigError
from mmavl.evaluation.functional import si_sdr
from mmavl.registry import MODELS
from mmavl.separators import signal
from mmavl.separators.tagged_nmf import naming_loss, wiener_masks
from mmavl.taggers.audio import BaseAudioTagger
from mmavl.utils.autocast import Precision

RATE = 16000


@MODELS.register_module(force=True)
class BandTagger(BaseAudioTagger):
    """Hears a label for each band of frequencies as far as there is something in it."""

    labels = ['below 1 kHz', '1 to 3 kHz', 'above 3 kHz']
    sample_rate = RATE
    edges = (0, 1000, 3000, 8000)

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(3, 3)
        nn.init.eye_(self.layer.weight)
        nn.init.constant_(self.layer.bias, 5.0)

    def forward(self, waveform):
        power = signal.stft(waveform, 512, 256).abs().square()
        hertz = torch.linspace(0, RATE / 2, power.shape[1])
        edges = zip(self.edges, self.edges[1:])
        bands = [power[:, (hertz >= low) & (hertz < high)].mean(1) for low, high in edges]
        return self.layer(torch.log(torch.stack(bands, 2) + 1e-4))


@MODELS.register_module(force=True)
class BandLocalizer(nn.Module):
    """Names the bands; 'nothing' is a class that cannot be heard."""

    classes = ['low', 'middle', 'high', 'nothing']

    def __init__(self):
        super().__init__()
        self.tagger = BandTagger()
        self.register_buffer('audio_table', torch.eye(3, 4) > 0)


def make(**kwargs):
    init_default_scope('mmavl')
    preprocessor = {'type': 'SeparationDataPreprocessor', 'sample_rate': RATE}
    options = {'templates': [8], 'steps': 15, 'data_preprocessor': preprocessor, **kwargs}
    return MODELS.build({'type': 'TaggedNMF', 'localizer': {'type': 'BandLocalizer'}, **options})


@pytest.fixture(scope='module')
def sources():
    """A low tone, a middle one and hiss above 4 kHz, each in its own bursts, [3, L]."""
    time = torch.arange(2 * RATE) / RATE
    generator = torch.Generator().manual_seed(0)
    hiss = signal.stft(torch.randn(2 * RATE, generator=generator))
    hiss[:256] = 0
    waves = [
        torch.sin(2 * math.pi * 300 * time) * (time % 0.5 < 0.3),
        torch.sin(2 * math.pi * 2000 * time) * (time % 0.7 < 0.4),
        signal.istft(hiss, len(time)) * (time > 0.6),
    ]
    return 0.1 * torch.stack(waves)


def inputs_of(mixtures, labels):
    """Inputs of mixtures [M, L], with the labels of each one's sources."""
    index = [number for number, own in enumerate(labels) for _ in own]
    flat = [label for own in labels for label in own]
    return {
        'mixture': mixtures,
        'index': torch.tensor(index),
        'labels': torch.tensor(flat),
    }


@pytest.mark.parametrize('labels', [[0, 1], [1, 0], [2, 0], [0, 1, 2]])
def test_each_name_gets_the_sound_that_bears_it(sources, labels):
    mixture = sources[labels].sum(0)
    waves = make().estimate(inputs_of(mixture[None], [labels]))
    assert si_sdr(sources[labels], waves).min() > 15
    torch.testing.assert_close(waves.sum(0), mixture, atol=1e-5, rtol=0)


def test_masks_of_several_factorisations_are_averaged(sources):
    mixture = sources[:2].sum(0)
    inputs = inputs_of(mixture[None], [[0, 1]])
    first, second, both = (make(templates=t).estimate(inputs) for t in ([4], [9], [4, 9]))
    torch.testing.assert_close(both, (first + second) / 2, atol=1e-5, rtol=0)


def test_the_level_of_a_mixture_makes_no_difference(sources):
    mixture = sources[:2].sum(0)
    loud, quiet = (
        make().estimate(inputs_of(mixture[None] * gain, [[0, 1]])) / gain for gain in (5, 0.01)
    )
    assert si_sdr(loud, quiet).min() > 30


def test_mixtures_of_a_batch_and_silence_behind_them_do_not_matter(sources):
    mixtures = torch.stack([sources[:2].sum(0), sources[[0, 2]].sum(0)])
    mixtures[1, RATE:] = 0
    model = make()
    waves = model.estimate(inputs_of(mixtures, [[0, 1], [2, 0]]))
    alone = model.estimate(inputs_of(mixtures[1:, :RATE], [[2, 0]]))
    assert torch.equal(waves[2:, :RATE], alone)
    assert not waves[2:, RATE:].any()
    assert torch.equal(waves[:2], model.estimate(inputs_of(mixtures[:1], [[0, 1]])))


def test_a_class_that_is_alone_is_the_mixture(sources):
    mixture = sources[:2].sum(0)
    assert torch.equal(make().estimate(inputs_of(mixture[None], [[1]]))[0], mixture)


@pytest.mark.parametrize('mixture', [torch.zeros(1, RATE), torch.eye(1, RATE), torch.ones(1, 1)])
def test_silence_a_click_and_a_single_sample_are_shared(mixture):
    waves = make().estimate(inputs_of(mixture, [[0, 1]]))
    torch.testing.assert_close(waves.sum(0), mixture[0])


def test_autocast_changes_nothing_and_the_tagger_stays_as_it_is(sources):
    model = make()
    before = [p.clone() for p in model.parameters()]
    inputs = inputs_of(sources[:2].sum(0)[None], [[0, 1]])
    waves = model.estimate(inputs)
    precision = Precision.choose('bfloat16', 'cpu')
    with torch.no_grad(), precision.autocast():
        assert torch.equal(precision.prepare(model).estimate(inputs), waves)
    assert all(torch.equal(old, p) for old, p in zip(before, model.parameters(), strict=True))
    assert not any(p.requires_grad or p.grad is not None for p in model.parameters())


def test_a_class_that_the_tagger_does_not_know_is_named(sources):
    with pytest.raises(ValueError, match='nothing: the tagger has no label for it'):
        make().estimate(inputs_of(sources[:1], [[0, 3]]))


def test_another_rate_than_the_taggers_is_refused():
    preprocessor = {'type': 'SeparationDataPreprocessor', 'sample_rate': 11025}
    with pytest.raises(ConfigError, match='sample_rate=11025: the tagger needs 16000 Hz'):
        make(data_preprocessor=preprocessor)


def test_masks_are_the_shares_of_what_sounds_and_add_up_to_one():
    templates = torch.tensor([[1.0, 0.0], [1.0, 1.0], [0.0, 0.0]])
    gains = torch.tensor([[2.0], [6.0]])
    shares = torch.tensor([[1.0, 0.25], [0.0, 0.75]])
    masks = wiener_masks(shares, templates, gains)
    expected = torch.tensor([[1.0, (2 + 1.5) / 8, 0.625], [0.0, 4.5 / 8, 0.375]])
    torch.testing.assert_close(masks[..., 0], expected)
    torch.testing.assert_close(masks.sum(0), torch.ones(3, 1))


def test_the_loss_weighs_own_and_other_classes_alike():
    logits = torch.zeros(3, 4, 3)
    assert naming_loss(logits).item() == pytest.approx(2 * math.log(2))
    own = torch.eye(3)[:, None].expand(-1, 4, -1)
    right = naming_loss(20 * own - 10).item()
    assert right == pytest.approx(2 * math.log1p(math.exp(-10)), rel=1e-3)
    wrong = naming_loss((20 * own - 10).roll(1, 0))
    assert wrong.item() == pytest.approx(10 + (10 + math.log1p(math.exp(-10))) / 2, rel=1e-2)
