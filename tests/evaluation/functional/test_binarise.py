import pytest
import torch

from mmavl.evaluation.functional import (
    above_median,
    above_threshold,
    at_least_threshold,
    ranked_value,
    top_pixels,
)


def test_a_value_equal_to_the_threshold_is_not_above_it():
    maps = torch.tensor([[0.49, 0.5, 0.51]])
    assert above_threshold(maps, 0.5).tolist() == [[False, False, True]]


def test_half_of_the_area_is_above_the_median_of_distinct_values():
    torch.manual_seed(0)
    maps = torch.randperm(2 * 224 * 224).view(2, 224, 224).double()
    assert above_median(maps).sum((-2, -1)).tolist() == [224 * 224 // 2] * 2


def test_each_map_has_its_own_median():
    # with the first map's threshold all of the second would be taken
    maps = torch.tensor([[[1.0, 2.0], [3.0, 4.0]], [[10.0, 40.0], [20.0, 30.0]]])
    expected = [[[False, False], [True, True]], [[False, True], [False, True]]]
    assert above_median(maps).tolist() == expected


def test_values_equal_to_the_median_are_not_above_it():
    assert above_median(torch.tensor([[1.0, 1.0], [1.0, 2.0]])).sum().item() == 1
    assert above_median(torch.ones(2, 2)).sum().item() == 0


def test_as_many_of_the_highest_pixels_as_asked_for_each_map():
    maps = torch.tensor([[[0.1, 0.4], [0.3, 0.2]], [[0.9, 0.6], [0.7, 0.8]]])
    expected = [[[False, True], [False, False]], [[True, False], [True, True]]]
    assert top_pixels(maps, torch.tensor([1, 3])).tolist() == expected


def test_ties_at_the_last_pixel_are_filled_in_reading_order():
    maps = torch.tensor([[0.5, 0.5], [0.9, 0.5]])
    assert top_pixels(maps, torch.tensor(3)).tolist() == [[True, True], [True, False]]
    assert top_pixels(torch.zeros(2, 2), torch.tensor(1)).tolist() == [
        [True, False],
        [False, False],
    ]


def test_no_pixel_and_every_pixel():
    maps = torch.tensor([[0.5, 0.1], [0.9, 0.2]])
    assert top_pixels(maps, torch.tensor(0)).sum().item() == 0
    assert top_pixels(maps, torch.tensor(4)).sum().item() == 4


def test_a_value_equal_to_the_threshold_is_at_least_it():
    maps = torch.tensor([[0.49, 0.5, 0.51]])
    assert at_least_threshold(maps, 0.5).tolist() == [[False, True, True]]


def test_each_map_gives_the_value_at_its_own_rank():
    maps = torch.tensor([[[1.0, 4.0], [3.0, 2.0]], [[8.0, 5.0], [6.0, 7.0]]])
    assert ranked_value(maps, torch.tensor([2, 0])).flatten().tolist() == [3, 5]
    assert ranked_value(maps[:0], torch.zeros(0, dtype=torch.long)).shape == (0, 1, 1)
    with pytest.raises(ValueError, match=r'rank is in \[4, 4\], but maps have 4 pixels'):
        ranked_value(maps[0], torch.tensor(4))
