import pytest
import torch

from mmavl.models.localizers.label_maps import (
    best_label,
    family_members,
    rivalry,
    scaled,
    unit_range,
)


def test_a_class_gets_the_greatest_logit_of_its_labels():
    table = torch.tensor([[True, False, False], [True, False, False], [False, True, False]])
    logits = torch.tensor([[1.0, 4.0, -2.0], [3.0, 0.0, 5.0]])
    assert best_label(logits, table, -9.0).tolist() == [[4.0, -2.0, -9.0], [3.0, 5.0, -9.0]]
    maps = torch.arange(12.0).view(1, 3, 2, 2)
    assert best_label(maps, table, 0.0)[0].tolist() == [
        [[4.0, 5.0], [6.0, 7.0]],
        [[8.0, 9.0], [10.0, 11.0]],
        [[0.0, 0.0], [0.0, 0.0]],
    ]


@pytest.mark.parametrize(
    ('shape', 'shorter', 'expected'),
    [((480, 640), 256, (256, 352)), ((100, 300), 64, (64, 192)), ((5, 9), 32, (32, 64))],
)
def test_a_picture_keeps_its_aspect_to_within_a_stride(shape, shorter, expected):
    assert scaled(torch.rand(3, *shape), shorter, 32).shape == (3, *expected)


def test_the_likelier_of_two_names_for_one_place_is_kept():
    maps = torch.zeros(3, 2, 2)
    maps[0, 0, 0], maps[1, 0, 0], maps[2, 1, 1] = 10.0, 7.0, 5.0
    logits = torch.tensor([1.0, 0.0, -1.0])
    # the second has its maximum where the first has 3 more, the third where all others have 0
    assert rivalry(maps, logits, margin=2.0).tolist() == [0.0, 5.0, 0.0]
    assert rivalry(maps, logits.flip(0), margin=2.0).tolist() == [0.0, 0.0, 0.0]


def test_of_two_alike_the_likelier_is_kept():
    maps = torch.ones(2, 2, 2)
    maps[:, 1, 1] = 8.0
    assert rivalry(maps, torch.tensor([0.5, 0.4]), margin=2.0).tolist() == [0.0, 2.0]


def test_maps_range_from_0_to_1_and_a_constant_one_is_0():
    maps = torch.stack([torch.tensor([[-2.0, 0.0], [2.0, 1.0]]), torch.full((2, 2), 7.0)])
    assert unit_range(maps).tolist() == [[[0.0, 0.5], [1.0, 0.75]], [[0.0, 0.0], [0.0, 0.0]]]


def test_a_class_speaks_for_itself_and_its_families():
    members = family_members(['Cello', 'Harp', 'strings'], {'strings': ['Cello', 'Harp']})
    assert members.int().tolist() == [[1, 0, 0], [0, 1, 0], [1, 1, 1]]
    with pytest.raises(KeyError, match='Viol'):
        family_members(['Cello', 'strings'], {'strings': ['Viol']})
