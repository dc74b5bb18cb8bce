import torch

from mmavl.models.map_transforms import CosineScores


def test_cosines_become_scores_from_0_to_1():
    maps = torch.tensor([[[-1.0, 0.0], [0.5, 1.0]]])
    assert CosineScores()(maps).tolist() == [[[0, 0.5], [0.75, 1]]]
