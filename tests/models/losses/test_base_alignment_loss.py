import inspect

import pytest

from mmavl.models.losses import BaseAlignmentLoss, PairContrastiveLoss, PairInfoNCELoss


class PairsAlone(BaseAlignmentLoss):
    def forward(self, audio, visual, positive, *_):
        return (1 - audio @ visual.T)[positive].sum()


def asked_for():
    return sorted(name for name in dir(BaseAlignmentLoss) if name.startswith('needs_'))


@pytest.mark.parametrize('loss', [PairsAlone, PairContrastiveLoss, PairInfoNCELoss])
def test_a_loss_asks_for_nothing_beside_the_pairs_unless_it_says_so(loss):
    built = loss()
    assert {name: getattr(built, name) for name in asked_for()} == dict.fromkeys(
        asked_for(), False
    )


def test_each_thing_that_can_be_asked_for_is_an_argument_after_the_pairs():
    arguments = list(inspect.signature(BaseAlignmentLoss.forward).parameters)
    assert arguments[:4] == ['self', 'audio', 'visual', 'positive']
    assert sorted(f'needs_{name}' for name in arguments[4:]) == asked_for()


def test_a_loss_without_a_comparison_is_refused():
    with pytest.raises(TypeError, match='forward'):
        type('Nothing', (BaseAlignmentLoss,), {})()
