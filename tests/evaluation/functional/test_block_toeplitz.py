import numpy as np
import pytest
import torch

from mmavl.evaluation.functional import block_toeplitz
from mmavl.evaluation.functional.block_toeplitz import correlations, inverse_form


def signals(count, length, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(1, count, length, generator=generator, dtype=torch.float64)


def music(count, length=4000):
    """Decaying harmonic notes in 16 bits: strong lines in an almost empty spectrum."""
    time = torch.arange(length, dtype=torch.float64) / 11025
    waves = torch.zeros(1, count, length, dtype=torch.float64)
    for source in range(count):
        for number in range(1, 9):
            pitch = 2 * np.pi * (196 + 65 * source) * number
            waves[0, source] += torch.sin(pitch * time + number) * torch.exp(-5 * time) / number
    return (waves * 8000).round() / 32768


def dense_form(found, n, lags):
    """v' G^-1 v from a matrix that is filled entry by entry; [m]."""
    column, vectors = found[0, :, :, :n], found[0, :, :, n:]
    matrix = torch.zeros(lags, n, lags, n, dtype=torch.float64)
    for k in range(lags):
        for q in range(lags):
            matrix[k, :, q] = column[k - q] if k >= q else column[q - k].T
    matrix = matrix.reshape(lags * n, lags * n)
    v = vectors.reshape(lags * n, -1)
    return (v * torch.linalg.solve(matrix, v)).sum(0)


@pytest.mark.parametrize('length', [50, 3000, 9000])
def test_correlations_are_numpys(length):
    first, second = signals(2, length), signals(3, length, seed=1)
    found = correlations(first, (second[:, :1], second[:, 1:]), 40)
    assert found.shape == (1, 40, 2, 3)
    for i in range(2):
        for j in range(3):
            full = np.correlate(second[0, j], first[0, i], 'full')
            np.testing.assert_allclose(
                found[0, :, i, j], full[length - 1 : length + 39], atol=1e-9
            )


@pytest.mark.parametrize('n', [1, 2, 3])
@pytest.mark.parametrize('make', [music, lambda n: signals(n, 4000)])
def test_the_form_is_that_of_the_dense_matrix(monkeypatch, n, make):
    monkeypatch.setattr(block_toeplitz, '_dense', None)  # not needed for these
    references = make(n)
    estimates = references + 0.1 * references.roll(1, 1) + 0.01 * signals(n, 4000, seed=2)
    found = correlations(references, (references, estimates), 64)
    form = inverse_form(found[..., :n], found[..., n:].permute(0, 3, 1, 2))
    expected = dense_form(found, n, 64)
    energy = estimates[0].square().sum(-1)
    torch.testing.assert_close(form[0] / energy, expected / energy, atol=1e-8, rtol=0)


def test_a_singular_matrix_gets_its_pseudo_inverse_and_leaves_the_batch_alone():
    waves = signals(2, 500)
    twins = waves[:, :1].expand(-1, 2, -1)
    references = torch.cat([waves, twins])
    estimates = references + 0.3 * signals(2, 500, seed=1)
    found = correlations(references, (references, estimates), 32)
    form = inverse_form(found[..., :2], found[..., 2:].permute(0, 3, 1, 2))
    single = inverse_form(found[1:, ..., :1, :1], found[1:, ..., :1, 2:].permute(0, 3, 1, 2))
    torch.testing.assert_close(form[1], single[0], atol=1e-6, rtol=1e-9)
    alone = inverse_form(found[:1, ..., :2], found[:1, ..., 2:].permute(0, 3, 1, 2))
    torch.testing.assert_close(form[:1], alone)
