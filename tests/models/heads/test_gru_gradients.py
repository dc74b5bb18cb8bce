import pytest
import torch
from torch import nn

from mmavl.models.heads.gru_gradients import gru_input_gradient


@pytest.mark.parametrize('bidirectional', [False, True])
def test_is_autograds_gradient_of_each_score_averaged_over_time(bidirectional):
    torch.manual_seed(0)
    gru = nn.GRU(4, 3, batch_first=True, bidirectional=bidirectional).double()
    sequence = torch.randn(2, 7, 4, dtype=torch.float64, requires_grad=True)
    output, _ = gru(sequence)
    grad = torch.randn(2, 5, *output.shape[1:], dtype=torch.float64)
    found = gru_input_gradient(gru, sequence, grad)
    for score in range(5):
        product = (output * grad[:, score]).sum()
        (expected,) = torch.autograd.grad(product, sequence, retain_graph=True)
        torch.testing.assert_close(found[:, score], expected.mean(1))
