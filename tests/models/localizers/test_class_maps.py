import torch

from mmavl.models.localizers.class_maps import (
    claimed_area,
    keep_peaks,
    resize_maps,
    valid_classes,
)


def test_valid_classes_are_above_the_threshold_or_the_best():
    probs = torch.tensor([[0.4, 0.5, 0.1], [0.1, 0.05, 0.2]])
    assert valid_classes(probs, 0.3).tolist() == [[True, True, False], [False, False, True]]


def test_a_cell_is_claimed_by_the_map_that_claims_it_most():
    maps = torch.tensor([[[1.0, 2.0]], [[8.0, 0.0]], [[0.0, 0.0]]])
    claimed = claimed_area(maps, torch.tensor([1, 1, 2]), 3)
    assert claimed.tolist() == [[[0.0, 0.0]], [[1.0, 1.0]], [[0.0, 0.0]]]


def test_only_what_rises_above_the_share_of_the_maximum_is_kept():
    maps = torch.tensor([[[0.0, 1.0, 4.0]], [[0.0, 0.0, 0.0]]])
    assert keep_peaks(maps, 0.5).tolist() == [[[0.0, 0.0, 2.0]], [[0.0, 0.0, 0.0]]]
    assert keep_peaks(maps, 0.0) is maps


def test_maps_are_resized_bilinearly():
    maps = torch.tensor([[[0.0, 4.0]]])
    assert resize_maps(maps, (1, 4)).tolist() == [[[0.0, 1.0, 3.0, 4.0]]]
    assert resize_maps(maps, (1, 2)) is maps
