import pytest
import torch
from torch.nn.functional import cross_entropy, normalize

from mmavl.models.losses import PairInfoNCELoss
from mmavl.models.losses.pair_info_nce_loss import most_alike


def test_is_the_mean_of_two_cross_entropies():
    torch.manual_seed(0)
    audio, visual = (normalize(torch.randn(4, 3), dim=1) for _ in range(2))
    extra = normalize(torch.randn(5, 3), dim=1)
    logits = audio @ visual.T / 0.2
    target = torch.arange(4)
    sounds = cross_entropy(torch.cat([logits, audio @ extra.T / 0.2], 1), target)
    objects = cross_entropy(logits.T, target)
    loss = PairInfoNCELoss(temperature=0.2, absent=True, background=True)
    found = loss(audio, visual, torch.eye(4).bool(), *extra.split([3, 2]))
    torch.testing.assert_close(found, (sounds + objects) / 2)


NONE = -torch.inf
#: Sounds 0, 1 and 2 are of one class, 3 and 4 of another.
SIMILARITY = torch.tensor(
    [
        [NONE, 0.9, 0.1, NONE, NONE],
        [0.9, NONE, 0.2, NONE, NONE],
        [0.1, 0.2, NONE, NONE, NONE],
        [NONE, NONE, NONE, NONE, -0.5],
        [NONE, NONE, NONE, -0.5, NONE],
    ]
)


@pytest.mark.parametrize(
    ('share', 'expected'),
    [
        (0.2, []),  # 0.4 of two others
        (0.5, [(0, 1), (1, 0), (2, 1)]),
        (1.0, [(0, 1), (0, 2), (1, 0), (1, 2), (2, 0), (2, 1)]),  # never what is unlike
    ],
)
def test_the_share_most_alike_counts_sounds_of_the_own_class_only(share, expected):
    assert most_alike(SIMILARITY, share).nonzero().tolist() == [list(pair) for pair in expected]


def test_objects_of_likely_the_same_instrument_are_no_negatives():
    torch.manual_seed(0)
    audio = normalize(torch.randn(5, 3), dim=1).requires_grad_()
    visual = normalize(torch.randn(5, 3), dim=1)
    positive = torch.eye(5).bool()[:, [1, 0, 2, 3, 4]]  # object 1 is sound 0's, 0 is sound 1's
    loss = PairInfoNCELoss(temperature=0.5, alike=0.5)
    found = loss(audio, visual, positive, similarity=SIMILARITY)
    logits = audio @ visual.T / 0.5
    left_out = [(0, 0), (1, 1), (2, 0)]
    expected = 0
    for sound, thing in positive.nonzero().tolist():
        row = [k for k in range(5) if (sound, k) not in left_out]
        column = [k for k in range(5) if (k, thing) not in left_out]
        expected += logits[sound, row].logsumexp(0) - logits[sound, thing]
        expected += logits[column, thing].logsumexp(0) - logits[sound, thing]
    torch.testing.assert_close(found, expected / 10)
    found.backward()
    assert audio.grad.isfinite().all()
