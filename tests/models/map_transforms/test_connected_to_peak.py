import numpy as np
import pytest
import torch
from skimage.morphology import reconstruction

from mmavl.models.map_transforms import ConnectedToPeak, connected_to_peak


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


def test_the_transform_does_the_same():
    maps = torch.rand(2, 5, 5, generator=torch.Generator().manual_seed(1))
    assert torch.equal(ConnectedToPeak()(maps), connected_to_peak(maps))
