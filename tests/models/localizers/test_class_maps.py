import numpy as np
import pytest
import torch
from skimage.morphology import reconstruction

from mmavl.models.localizers.class_maps import (
    claimed_area,
    connected_to_peak,
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


def test_a_second_peak_sinks_to_the_pass_that_leads_to_it():
    maps = torch.tensor([[[9.0, 4.0, 2.0, 6.0, 5.0]]])
    assert connected_to_peak(maps).tolist() == [[[9.0, 4.0, 2.0, 2.0, 2.0]]]


def test_connected_maps_are_scikit_images_reconstruction():
    maps = torch.rand(4, 9, 7, generator=torch.Generator().manual_seed(0)) - 2
    for ours, map_ in zip(connected_to_peak(maps), maps.numpy()):
        seed = np.where(map_ == map_.max(), map_, map_.min())
        expected = reconstruction(seed, map_, footprint=np.ones((3, 3)))
        torch.testing.assert_close(ours, torch.from_numpy(expected).float())
    assert connected_to_peak(maps[:0]).shape == (0, 9, 7)


def test_maps_are_resized_bilinearly():
    maps = torch.tensor([[[0.0, 4.0]]])
    assert resize_maps(maps, (1, 4)).tolist() == [[[0.0, 1.0, 3.0, 4.0]]]
    assert resize_maps(maps, (1, 2)) is maps


@pytest.mark.parametrize('size', [(1, 1), (5, 8), (16, 16), (15, 15)])
def test_a_fixed_number_of_steps_reaches_the_end_of_every_way(size):
    torch.manual_seed(0)
    noise = torch.rand(50, *size)
    ways = torch.zeros(2, *size)  # walls with a gap at one end, then at the other
    ways[0, ::2] = 1
    ways[0, 1::4, -1] = ways[0, 3::4, 0] = 1
    ways[0, -1, -1] = 2
    ways[1] = ways[0].flip(1)
    maps = torch.cat([noise, ways])
    fixed = connected_to_peak(maps, early_stop=False)
    grown = torch.nn.functional.max_pool2d(fixed[:, None], 3, 1, 1)[:, 0].minimum(maps)
    assert torch.equal(grown, fixed)
    assert torch.equal(connected_to_peak(maps), fixed)
