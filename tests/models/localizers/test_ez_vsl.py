import math

import pytest
import torch

from mmavl.models.localizers import EZVSL
from mmavl.models.localizers.ez_vsl import max_instance_loss

from .peers import equal_units, given_backbones, random_units


def literal_loss(audio, visual, temperature):
    """The formulas of the paper, one pair at a time."""
    count = len(audio)
    best = torch.stack(
        [
            torch.stack([(visual[n].flatten(1).T @ audio[m]).max() for m in range(count)])
            for n in range(count)
        ]
    )
    exp = (best / temperature).exp()
    rows = -sum((exp[n, n] / exp[n].sum()).log() for n in range(count)) / count
    columns = -sum((exp[n, n] / exp[:, n].sum()).log() for n in range(count)) / count
    return rows + columns


def test_the_loss_is_that_of_the_paper():
    audio, visual, clips = random_units()
    loss = EZVSL(temperature=0.1, **given_backbones()).contrast(audio, visual, clips)
    assert loss['loss_contrast'] == pytest.approx(float(literal_loss(audio, visual, 0.1)))


def test_equal_similarities_cost_twice_the_logarithm_of_the_batch():
    for cosine in (0.5, -0.5):
        loss = max_instance_loss(*equal_units(cosine), 0.03)
        assert loss == pytest.approx(2 * math.log(4), abs=1e-4)


def test_the_right_pairing_costs_less_than_a_wrong_one():
    audio = torch.eye(4)
    visual = torch.zeros(4, 4, 2, 2)
    visual[..., 0, 1] = torch.eye(4)  # one cell of each picture matches
    right = max_instance_loss(audio, visual, torch.arange(4), 0.03)
    assert right == pytest.approx(0, abs=1e-6)
    assert max_instance_loss(audio.roll(1, 0), visual, torch.arange(4), 0.03) > 30


def test_both_directions_count():
    """Two sounds that are alike confuse pictures over sounds, and not sounds over pictures."""
    audio, visual, clips = random_units()
    audio = torch.stack([audio[0], audio[0], audio[2], audio[3]])
    rows = max_instance_loss(audio, visual, clips, 0.1)
    assert rows == pytest.approx(float(literal_loss(audio, visual, 0.1)))


def test_a_copy_of_a_clip_is_no_negative():
    audio, visual, _ = random_units(3)
    twice = [0, 1, 2, 0]
    costs = [
        max_instance_loss(audio[twice], visual[twice], torch.tensor(clips), 10)
        for clips in (twice, [0, 1, 2, 3])
    ]
    assert costs[1] > costs[0] + 0.2  # ln(4/3) in half of the rows and columns
