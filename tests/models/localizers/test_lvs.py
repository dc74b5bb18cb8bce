import math

import pytest
import torch
from torch.nn import functional as F

from mmavl.models.localizers import LVS

from .peers import equal_units, given_backbones, random_units


def make(**options):
    return LVS(**options, **given_backbones())


def literal_loss(audio, visual):
    """The published construction with another sound's own pair masked out."""
    count = len(audio)
    rows = []
    for n in range(count):
        cells = visual[n].flatten(1).T  # [h w, d]
        own = cells @ audio[n]
        positive = ((own - 0.65) / 0.03).sigmoid()
        hard = 1 - ((own - 0.4) / 0.03).sigmoid()
        row = [(positive * own).sum() / positive.sum()]
        for m in range(count):
            if m != n:
                other = cells @ audio[m]
                weight = ((other - 0.65) / 0.03).sigmoid()
                row.append((weight * other).sum() / weight.sum())
        row.append((hard * own).sum() / hard.sum())
        rows.append(torch.stack(row) / 0.07)
    return F.cross_entropy(torch.stack(rows), torch.zeros(count, dtype=torch.long))


def test_the_loss_is_that_of_the_published_code():
    audio, visual, clips = random_units()
    loss = make().contrast(audio.double(), visual.double(), clips)['loss_contrast']
    assert loss == pytest.approx(float(literal_loss(audio.double(), visual.double())))


@pytest.mark.parametrize('cosine', [0.5, 0.9, -0.5])
def test_equal_cosines_cost_the_logarithm_of_the_negatives(cosine):
    """B - 1 other sounds and the hard negatives tie with the target, below 0 as well."""
    loss = make().contrast(*equal_units(cosine))['loss_contrast']
    assert loss == pytest.approx(math.log(4 + 1), abs=1e-4)


def test_without_hard_negatives_there_is_one_less():
    loss = make(negative=None).contrast(*equal_units(0.5))['loss_contrast']
    assert loss == pytest.approx(math.log(4), abs=1e-4)


def test_pictures_are_the_anchors():
    """A sound that every picture likes costs the pictures; one picture liked by all costs less."""
    audio, visual, clips = random_units()
    transposed = visual.mean((2, 3))
    swapped = make().contrast(F.normalize(transposed, dim=1), audio[..., None, None], clips)
    assert swapped['loss_contrast'] != pytest.approx(
        float(make().contrast(audio, visual, clips)['loss_contrast'])
    )


def test_the_right_pairing_costs_less_than_a_wrong_one():
    audio = torch.eye(4)
    visual = torch.zeros(4, 4, 2, 2)
    visual[..., 0, 1] = torch.eye(4)
    right = make().contrast(audio, visual, torch.arange(4))['loss_contrast']
    wrong = make().contrast(audio.roll(1, 0), visual, torch.arange(4))['loss_contrast']
    assert right < 0.01 < 10 < wrong


def test_cells_between_the_thresholds_are_ignored():
    audio = torch.eye(2)
    visual = torch.zeros(2, 2, 1, 3, requires_grad=True)
    with torch.no_grad():
        visual[0, 0] = torch.tensor([0.95, 0.525, 0.05])
        visual[1, 1] = torch.tensor([0.95, 0.525, 0.05])
    make().contrast(audio, visual, torch.arange(2))['loss_contrast'].backward()
    strength = visual.grad[0, 0].abs()[0]
    assert strength[1] < 0.2 * strength[0]
