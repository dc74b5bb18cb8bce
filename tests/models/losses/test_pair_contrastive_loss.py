import math

import pytest
import torch
from torch.nn.functional import normalize

from mmavl.models.losses import PairContrastiveLoss


def literal_eq7(audio, visual, margin):
    """Eq. 7 over dicts (clip, class) -> vector, sums replaced by means apart."""
    positive, negative = [], []
    for (i, m), f_a in audio.items():
        for (j, n), f_v in visual.items():
            distance = (f_a - f_v).square().sum().sqrt()
            if i == j and m == n:
                positive.append(distance**2)
            else:
                negative.append(torch.clamp(margin - distance, min=0) ** 2)
    return sum(positive) / len(positive) + sum(negative) / len(negative), negative


def batch():
    torch.manual_seed(0)
    keys = [(0, 1), (0, 2), (1, 1), (2, 0)]
    audio = {k: normalize(torch.randn(3), dim=0) for k in keys}
    visual = {k: normalize(torch.randn(3), dim=0) for k in [*keys[:3], (2, 1)]}
    positive = torch.tensor([[a == v for v in visual] for a in audio])
    return audio, visual, positive


def stacked(vectors):
    return torch.stack(list(vectors.values()))


def test_defaults_are_eq7():
    audio, visual, positive = batch()
    expected, _ = literal_eq7(audio, visual, 1.1)
    loss = PairContrastiveLoss(margin=1.1)(stacked(audio), stacked(visual), positive)
    torch.testing.assert_close(loss, expected, atol=1e-5, rtol=1e-5)


def test_a_sum_is_eq7_as_it_is_written():
    # distances 0 and sqrt(2): one positive at 0, one at sqrt(2); negatives inside a margin of 2
    audio = torch.tensor([[1.0, 0.0], [1.0, 0.0]])
    visual = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    loss = PairContrastiveLoss(margin=2.0, reduction='sum')(audio, visual, torch.eye(2).bool())
    by_hand = 0 + 2 + (2 - math.sqrt(2)) ** 2 + 2**2
    assert loss.item() == pytest.approx(by_hand, abs=1e-3)
    mean = PairContrastiveLoss(margin=2.0)(audio, visual, torch.eye(2).bool())
    assert mean.item() == pytest.approx(by_hand / 2, abs=1e-3)


def test_a_sum_of_extra_negatives_is_not_averaged_either():
    audio, visual, positive = batch()
    extra = stacked(audio)[:1].repeat(5, 1)
    options = dict(margin=1.1, reduction='sum')
    plain = PairContrastiveLoss(**options)(stacked(audio), stacked(visual), positive)
    one, five = (
        PairContrastiveLoss(**options, absent_weight=1.0)(
            stacked(audio), stacked(visual), positive, absent=extra[:count]
        )
        for count in (1, 5)
    )
    torch.testing.assert_close(five - plain, 5 * (one - plain))


@pytest.mark.parametrize(
    ('options', 'message'),
    [
        (dict(reduction='none'), "must be 'mean' or 'sum', not 'none'"),
        (dict(reduction='sum', active_only=True), "needs reduction='mean'"),
    ],
)
def test_reductions_that_there_are_not(options, message):
    with pytest.raises(ValueError, match=message):
        PairContrastiveLoss(**options)


def test_active_only_averages_over_negatives_inside_the_margin():
    audio, visual, positive = batch()
    _, negative = literal_eq7(audio, visual, 1.1)
    inside = [n for n in negative if n > 0]
    assert 0 < len(inside) < len(negative)
    plain = PairContrastiveLoss(margin=1.1)(stacked(audio), stacked(visual), positive)
    active = PairContrastiveLoss(margin=1.1, active_only=True)(
        stacked(audio), stacked(visual), positive
    )
    difference = sum(inside) / len(inside) - sum(negative) / len(negative)
    torch.testing.assert_close(active - plain, difference, atol=1e-5, rtol=1e-5)


def test_extra_negatives_push_every_sound_away_with_their_weight():
    audio, visual, positive = batch()
    extra = normalize(torch.randn(5, 3), dim=1)
    plain = PairContrastiveLoss(margin=1.1)(stacked(audio), stacked(visual), positive)
    pushed = torch.stack(
        [
            torch.clamp(1.1 - (a - e).square().sum().sqrt(), min=0) ** 2
            for a in audio.values()
            for e in extra
        ]
    ).mean()
    for option in ('absent', 'background'):
        loss = PairContrastiveLoss(margin=1.1, **{f'{option}_weight': 0.5})
        found = loss(stacked(audio), stacked(visual), positive, **{option: extra})
        torch.testing.assert_close(found, plain + 0.5 * pushed, atol=1e-5, rtol=1e-5)


def test_identical_negatives_give_a_finite_gradient():
    vector = normalize(torch.ones(1, 3), dim=1).requires_grad_()
    loss = PairContrastiveLoss()(vector, vector.detach(), torch.tensor([[False]]))
    loss.backward()
    assert torch.isfinite(vector.grad).all()
