import torch
from torch.nn.functional import cross_entropy, normalize

from mmavl.models.losses import PairInfoNCELoss


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
