import torch

from mmavl.separators.objects import Objects


def test_what_belongs_to_a_source_is_added_up_or_averaged():
    owners = torch.tensor([0, 1, 1, 1, 2])
    objects = Objects(torch.zeros(5).long(), owners, torch.zeros(5, 4))
    values = torch.tensor([[1.0, 2.0], [3.0, 0.0], [5.0, 3.0], [1.0, 3.0], [7.0, 8.0]])
    assert objects.total(values).tolist() == [[1, 2], [9, 6], [7, 8]]
    assert objects.mean(values).tolist() == [[1, 2], [3, 2], [7, 8]]
