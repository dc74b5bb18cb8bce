import math

import pytest
import torch
from mmengine.logging import MessageHub

from mmavl.models.localizers import FNAC
from mmavl.models.localizers.fnac import sounding_regions

from .peers import equal_units, given_backbones, random_units

TERMS = {'loss_sounds', 'loss_pictures', 'loss_regions'}


@pytest.fixture(autouse=True)
def no_training(monkeypatch):
    """No training came before in this process."""
    hub = MessageHub.get_current_instance()
    monkeypatch.setattr(hub, '_runtime_info', {})
    return hub


def make(**options):
    return FNAC(**options, **given_backbones())


def literal_terms(audio, visual, temperature, region):
    """The three terms before they are weighted, one entry at a time."""
    count, cells = len(audio), visual.flatten(2)  # [N, d, x]

    def shares(entry):
        rows = [[math.exp(entry(n, m) / temperature) for m in range(count)] for n in range(count)]
        return torch.tensor([[value / sum(row) for value in row] for row in rows])

    def region_of(n):
        values = cells[n].T @ audio[n]
        stretched = (values - values.min()) / (values.max() - values.min())
        chosen = [x for x in range(len(values)) if stretched[x] > region]
        return sum(cells[n, :, x] for x in chosen) / len(values)

    means = [cells[n].mean(1) for n in range(count)]
    regions = [region_of(n) for n in range(count)]
    matched = shares(lambda n, m: float((cells[n].T @ audio[m]).max()))
    sounds = shares(lambda n, m: float(audio[n] @ audio[m]))
    pictures = shares(lambda n, m: float(means[n] @ means[m]))
    sounding = shares(lambda n, m: float(regions[n] @ regions[m]))
    return {
        'loss_sounds': (sounds - matched).abs().mean(),
        'loss_pictures': (pictures - matched).abs().mean(),
        'loss_regions': (sounds - sounding).abs().mean(),
    }


def test_the_terms_are_those_of_the_published_code():
    audio, visual, clips = random_units()
    losses = make(temperature=0.1, weight=7.0, region=0.5).contrast(audio, visual, clips)
    expected = literal_terms(audio, visual, 0.1, 0.5)
    assert {*losses} == {'loss_contrast', *TERMS}
    for name, value in expected.items():
        assert value > 0.01  # else a wrong term would pass
        assert float(losses[name]) == pytest.approx(7 * float(value), rel=1e-4), name


def test_equal_rows_cost_nothing_but_the_contrast():
    losses = make().contrast(*equal_units(0.5))
    assert losses.pop('loss_contrast') == pytest.approx(2 * math.log(4), abs=1e-4)
    assert [float(value) for value in losses.values()] == pytest.approx([0, 0, 0], abs=1e-4)


def test_the_warm_up_has_the_contrast_alone(no_training):
    model = make(warmup=2)
    for epoch, terms in [(0, set()), (1, set()), (2, TERMS), (3, TERMS)]:
        no_training.update_info('epoch', epoch)
        assert {*model.contrast(*random_units())} == {'loss_contrast', *terms}


def test_two_clips_that_sound_and_look_alike_may_match_each_other():
    """A false negative: the contrast punishes the match, the terms ask for it."""
    audio = torch.eye(4)[[0, 0, 1, 2]]
    visual = audio[..., None, None].expand(4, 4, 2, 2)
    alike = make().contrast(audio, visual, torch.arange(4))
    apart = make().contrast(audio, visual.roll(1, 0), torch.arange(4))
    for name in ('loss_sounds', 'loss_pictures'):
        assert float(alike[name]) == pytest.approx(0, abs=1e-4)
        assert apart[name] > 10
    assert alike['loss_contrast'] > 0.5


def test_copies_of_a_clip_are_in_no_softmax():
    audio, visual, _ = random_units(3)
    twice = [0, 1, 2, 0]
    once = make(temperature=0.1).contrast(audio, visual, torch.arange(3))
    copied = make(temperature=0.1).contrast(audio[twice], visual[twice], torch.tensor(twice))
    expected = literal_terms(audio, visual, 0.1, 0.6)
    assert float(once['loss_sounds']) == pytest.approx(100 * float(expected['loss_sounds']))
    row = make(temperature=0.1)._shares(audio[twice] @ audio[twice].T, torch.tensor(twice))[0]
    torch.testing.assert_close(
        row[:3], make(temperature=0.1)._shares(audio @ audio.T, torch.arange(3))[0]
    )
    assert row[3] == 0
    assert all(torch.isfinite(value) for value in copied.values())


def test_a_region_is_the_sum_of_its_cells_over_all_cells():
    visual = torch.arange(8.0).reshape(1, 2, 2, 2)
    maps = torch.tensor([[[0.0, 1.0], [0.5, 0.7]]])
    region = sounding_regions(visual, maps, 0.6)
    assert region.tolist() == [[(1 + 3) / 4, (5 + 7) / 4]]
