import pytest
import torch

from mmavl.errors import ConfigError
from mmavl.models.localizers.finer_names import FinerNames

KINDS = {'Guitar': ['Acoustic', 'Electric'], 'Piano': ['Grand']}


def evidence(*cells):
    """Classes Harp, Guitar and Piano, then the three kinds, in two cells."""
    return torch.tensor(cells)[:, None]


def test_a_kind_shares_with_its_siblings_and_the_class_as_a_whole():
    names = FinerNames(['Harp', 'Guitar', 'Piano'], KINDS)
    assert names.names == ['Acoustic', 'Electric', 'Grand']
    probs = names(evidence([9.0, 9.0], [0.0, 3.0], [1.0, 0.0], [9.0, 3.0], [9.0, 1.0], [1.0, 5.0]))
    # at the class's maximum: 3 and 1 beside 3 - 0.5; 1 beside 1 - 0.5
    guitar = torch.tensor([3.0, 1.0, 2.5]).softmax(0)[:2]
    piano = torch.tensor([1.0, 0.5]).softmax(0)[:1]
    assert torch.allclose(probs, torch.cat([guitar, piano]))


def test_a_network_without_a_label_of_a_kind_says_nothing_about_it():
    names = FinerNames(['Harp', 'Guitar', 'Piano'], KINDS)
    table = torch.tensor(
        [
            # harp, guitar, piano, acoustic, electric, grand
            [1, 0, 0, 0, 0, 0],
            [0, 1, 0, 1, 0, 0],
            [0, 1, 0, 0, 0, 0],
            [0, 0, 1, 0, 0, 0],
        ]
    ).bool()
    completed = names.complete(table)
    assert torch.equal(completed[:, :4], table[:, :4])
    assert completed[:, 4].tolist() == [False, True, True, False]  # all of the guitar's
    assert completed[:, 5].tolist() == [False, False, False, True]


def test_there_may_be_no_kinds():
    names = FinerNames(['Harp'], {})
    assert names(torch.zeros(1, 2, 2)).shape == (0,)
    assert names.complete(torch.ones(2, 1).bool()).shape == (2, 1)


def test_a_kind_of_an_unknown_class_is_refused():
    with pytest.raises(ConfigError, match="'Lute' in kinds is not a class"):
        FinerNames(['Harp'], {'Lute': ['Oud']})
