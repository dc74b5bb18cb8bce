import pytest
import torch

from mmavl.evaluation.functional import mask_shares, peak_shares

REGIONS = torch.tensor([[[0, 1], [2, 2]], [[1, 1], [0, 0]]])


def test_the_region_under_the_single_maximum_takes_all():
    maps = torch.tensor([[[0.1, 0.2], [0.9, 0.3]], [[0.0, 5.0], [1.0, 2.0]]])
    assert peak_shares(maps, REGIONS, 3).tolist() == [[0, 0, 1], [0, 1, 0]]


def test_a_shared_maximum_is_split_over_its_pixels_wherever_they_are():
    maps = torch.tensor([[[1.0, 1.0], [1.0, 0.0]], [[0.0, 0.0], [0.0, 0.0]]])
    shares = peak_shares(maps, REGIONS, 3)
    assert shares[0].tolist() == pytest.approx([1 / 3, 1 / 3, 1 / 3])
    assert shares[1].tolist() == [0.5, 0.5, 0]  # a constant map gets what a region covers
    assert torch.equal(peak_shares(maps.flip(-1), REGIONS.flip(-1), 3), shares)


def test_negative_maps_have_maxima_too():
    maps = torch.tensor([[[-3.0, -1.0], [-2.0, -9.0]]])
    assert peak_shares(maps, REGIONS[:1], 3).tolist() == [[0, 1, 0]]


def test_each_mask_is_divided_over_its_own_regions():
    masks = torch.tensor([[[True, True], [False, True]], [[False, False], [True, False]]])
    shares = mask_shares(masks, REGIONS, 3)
    assert shares[0].tolist() == pytest.approx([1 / 3, 1 / 3, 1 / 3])
    assert shares[1].tolist() == [1, 0, 0]
