"""Explicit backpropagation through a GRU, for graphs without autograd."""

from functools import reduce

import torch
from torch import Tensor, nn


def gru_input_gradient(gru: nn.GRU, sequence: Tensor, grad: Tensor) -> Tensor:
    """Gradients of several scores with respect to a GRU's input, averaged over time.

    Hidden states come from the GRU itself; all gates can then be computed at once, and only the
    linear recurrence of the gradient runs step by step. The result is exactly the product with the
    transposed Jacobian of PyTorch's GRU, for both directions.

    Args:
        gru (nn.GRU): One layer, ``batch_first``, with biases, unidirectional or bidirectional.
        sequence (Tensor): Its input [N, T, i].
        grad (Tensor): Gradient of S scores per sample with respect to the GRU's output,
            [N, S, T, d * h].

    Returns:
        Tensor: [N, S, i].
    """
    output, _ = gru(sequence)
    directions = ['', '_reverse'] if gru.bidirectional else ['']
    hidden, grads = output.chunk(len(directions), -1), grad.chunk(len(directions), -1)
    parts = (
        _direction(gru, suffix, sequence, states, part)
        for suffix, states, part in zip(directions, hidden, grads)
    )
    return reduce(torch.add, parts)


def _direction(gru: nn.GRU, suffix: str, sequence: Tensor, states: Tensor, grad: Tensor) -> Tensor:
    """The contribution of one direction; the reverse one starts at the last step."""
    weight_i, weight_h, bias_i, bias_h = (
        getattr(gru, f'{name}_l0{suffix}')
        for name in ('weight_ih', 'weight_hh', 'bias_ih', 'bias_hh')
    )
    if suffix:
        sequence, states, grad = sequence.flip(1), states.flip(1), grad.flip(2)
    before = torch.cat([torch.zeros_like(states[:, :1]), states[:, :-1]], dim=1)
    from_input = (sequence @ weight_i.T + bias_i).chunk(3, -1)
    from_hidden = (before @ weight_h.T + bias_h).chunk(3, -1)
    reset = (from_input[0] + from_hidden[0]).sigmoid()
    keep = (from_input[1] + from_hidden[1]).sigmoid()
    new = (from_input[2] + reset * from_hidden[2]).tanh()
    # h_t = (1 - keep) * new + keep * h_(t-1): gradients of the gates from that of h_t, [N, T, h]
    to_new = (1 - keep) * (1 - new.square())
    to_reset = to_new * from_hidden[2] * reset * (1 - reset)
    to_keep = (before - new) * keep * (1 - keep)
    to_hidden = torch.cat([to_reset, to_keep, to_new * reset], dim=-1)
    to_input = torch.cat([to_reset, to_keep, to_new], dim=-1)

    later = torch.zeros_like(grad[:, :, 0])
    total = torch.zeros_like(later).repeat(1, 1, 3)
    for step in reversed(range(sequence.shape[1])):
        here = grad[:, :, step] + later  # [N, S, h]
        gates = here.repeat(1, 1, 3)
        total = total + gates * to_input[:, None, step]
        later = here * keep[:, None, step] + (gates * to_hidden[:, None, step]) @ weight_h
    return total @ weight_i / sequence.shape[1]
