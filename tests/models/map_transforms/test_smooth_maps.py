import pytest
import torch

from mmavl.models.map_transforms import SmoothMaps


def test_neighbours_inside_the_map_are_averaged():
    maps = torch.randn(2, 4, 5)
    found = SmoothMaps(3)(maps)
    for u in range(4):
        for v in range(5):
            around = maps[:, max(u - 1, 0) : u + 2, max(v - 1, 0) : v + 2]
            torch.testing.assert_close(found[:, u, v], around.mean((1, 2)))
    torch.testing.assert_close(SmoothMaps(1)(maps), maps)


@pytest.mark.parametrize('side', [0, 2, -3])
def test_an_even_side_is_refused(side):
    with pytest.raises(ValueError, match=f'side={side} must be an odd number'):
        SmoothMaps(side)
