import torch

from mmavl.models.separators import GradCAMMask
from mmavl.registry import MODELS


def test_the_mask_is_eq4s_map_over_its_maximum_frequencies_first(localizer_config, given_maps):
    localizer = MODELS.build(localizer_config).eval()
    maps = torch.tensor([[[0.0, 1.0], [2.0, 4.0], [1.0, 0.0]], [[0.0, 0.0]] * 3])  # [S, t, f]
    localizer.disentangler = given_maps(maps)
    found = GradCAMMask()(localizer, {'F_a': None}, torch.tensor([0, 1]))
    assert found[0].tolist() == [[0.0, 0.5, 0.25], [0.25, 1.0, 0.0]]
    assert found[1].tolist() == [[1.0] * 3] * 2  # unheard: the mixture as it is


def test_each_source_gets_the_map_of_its_own_class(localizer_config):
    torch.manual_seed(0)
    localizer = MODELS.build(localizer_config).eval()
    features = {'F_a': torch.rand(1, 6, 8, 2).expand(4, -1, -1, -1)}
    masks = GradCAMMask()(localizer, features, torch.arange(4))
    again = GradCAMMask()(localizer, features, torch.tensor([2, 2, 0, 0]))
    assert masks.shape == (4, 2, 8)
    assert masks.min() >= 0
    assert masks.max() == 1
    torch.testing.assert_close(again[0], masks[2])
    torch.testing.assert_close(again[3], masks[0])
