import pytest
import torch

from mmavl.utils.allocation_limit import AllocationLimit


@pytest.mark.parametrize(
    'make',
    [
        lambda: torch.empty(10**10),
        lambda: torch.zeros(10**5, 10**5),
        lambda: torch.hann_window(10**10),
        lambda: torch.arange(1e10),
        lambda: torch.nn.Linear(10**5, 10**5),
        lambda: torch.ones(10**4, 1) * torch.ones(1, 10**5),
        lambda: torch.ones(10).repeat(10**8),
        lambda: [torch.zeros(10**5) for _ in range(100)],
    ],
)
def test_what_is_larger_than_allowed_is_refused_before_it_is_made(make):
    with pytest.raises(MemoryError, match='allowed'), AllocationLimit(10**7):
        make()


def test_what_is_small_is_made_as_ever():
    torch.manual_seed(0)
    expected = torch.nn.GRU(8, 8).state_dict()
    torch.manual_seed(0)
    with AllocationLimit(10**5):
        views = torch.ones(3, 1).expand(3, 10**9)  # takes no memory
        found = torch.nn.GRU(8, 8).state_dict()
    assert views.shape == (3, 10**9)
    assert all(torch.equal(found[name], expected[name]) for name in expected)
