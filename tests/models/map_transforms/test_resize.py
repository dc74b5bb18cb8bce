import torch

from mmavl.models.map_transforms import resize_maps


def test_maps_are_resized_bilinearly():
    maps = torch.tensor([[[0.0, 4.0]]])
    assert resize_maps(maps, (1, 4)).tolist() == [[[0.0, 1.0, 3.0, 4.0]]]
    assert resize_maps(maps, (1, 2)) is maps
