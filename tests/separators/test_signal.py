import math

import librosa
import numpy as np
import pytest
import torch
from torch.nn import functional as F

from mmavl.evaluation.functional import si_sdr
from mmavl.separators import signal

LENGTH = signal.WINDOW


def harmonic(pitch, seed, length=LENGTH):
    """A tone with ten harmonics and a tremolo, as of an instrument; [L]."""
    time = torch.arange(length) / signal.SAMPLE_RATE
    generator = torch.Generator().manual_seed(seed)
    wave = torch.zeros(length)
    for number in range(1, 11):
        phase = 2 * math.pi * torch.rand((), generator=generator)
        wave += torch.sin(2 * math.pi * pitch * number * time + phase) / number
    return 0.2 * wave * (1 + 0.5 * torch.sin(2 * math.pi * (2 + seed) * time))


@pytest.fixture(scope='module')
def sources():
    """Two tones that share the spectrum, [2, L]."""
    return torch.stack([harmonic(220.0, 0), harmonic(311.1, 1)]) / 2


@pytest.mark.parametrize('length', [LENGTH, 20000, 700])
def test_stft_is_librosas(length):
    wave = np.random.default_rng(0).uniform(-1, 1, length).astype(np.float32)
    expected = librosa.stft(wave, n_fft=1022, hop_length=256, window='hann', center=True)
    found = signal.stft(torch.from_numpy(wave))
    assert found.shape == (512, 1 + length // 256)
    assert np.abs(found.numpy() - expected).max() < 1e-4 * np.abs(expected).max()


def test_the_protocols_window_makes_512_by_256():
    assert signal.stft(torch.zeros(2, 3, LENGTH)).shape == (2, 3, 512, 256)


@pytest.mark.parametrize('length', [LENGTH, 20001, 300])
def test_istft_gives_every_sample_back(length):
    wave = torch.randn(2, length, generator=torch.Generator().manual_seed(1))
    back = signal.istft(signal.stft(wave), length)
    assert back.shape == wave.shape
    torch.testing.assert_close(back, wave, atol=1e-5, rtol=0)


def test_autocast_does_not_touch_the_transform(sources):
    with torch.autocast('cpu', torch.bfloat16):
        found = signal.stft(sources.bfloat16())
    assert found.dtype == torch.complex64


def test_autocast_does_not_touch_resampling(sources):
    expected = signal.resample(sources, 16000, 11025)
    with torch.autocast('cpu', torch.bfloat16):
        found = signal.resample(sources, 16000, 11025)
    assert torch.equal(found, expected)


def test_warp_and_unwarp_are_the_protocols_grids_sampled_bilinearly():
    values = torch.rand(1, 1, 512, 256, generator=torch.Generator().manual_seed(0))
    columns = torch.linspace(-1, 1, 256)
    for rows, row_of, change in (
        (256, lambda y: (21 ** ((y + 1) / 2) - 11) / 10, signal.warp),
        (512, lambda y: 2 * torch.log(10 * y + 11) / math.log(21) - 1, signal.unwarp),
    ):
        places = row_of(torch.linspace(-1, 1, rows))
        grid = torch.stack([columns.expand(rows, -1), places[:, None].expand(-1, 256)], -1)
        inputs = values if rows == 256 else values[:, :, ::2]
        expected = F.grid_sample(inputs, grid[None], padding_mode='border', align_corners=True)
        torch.testing.assert_close(change(inputs), expected, atol=5e-4, rtol=0)


def test_the_grids_undo_each_other():
    ramp = torch.linspace(0, 1, 512, dtype=torch.float64)[:, None].expand(512, 3)
    back = signal.unwarp(signal.warp(ramp))
    assert (back - ramp).abs().max() < 2e-3  # of straight lines between the 256 rows
    assert back[0, 0] == 0
    assert back[-1, 0] == 1


def test_a_mask_survives_the_round_trip_where_rows_lie_closer_than_bins(sources):
    masks = signal.ratio_masks(signal.stft(sources).abs(), signal.stft(sources.sum(0)).abs())
    error = (signal.unwarp(signal.warp(masks)) - masks).abs().mean((0, 2))
    assert error[:60].mean() < 0.5 * error[300:].mean()


def test_masks_are_half_of_the_mixture_and_the_clamped_share():
    sources = torch.tensor([[[1.0, 3.0, 0.0, 8.0]], [[2.0, 1.0, 0.0, 7.5]]])
    mixture = torch.tensor([[2.0, 4.0, 0.0, 1.0]])
    assert signal.binary_masks(sources, mixture).tolist() == [[[0, 1, 0, 1]], [[1, 0, 0, 1]]]
    expected = [[[0.5, 0.75, 0.0, 5.0]], [[1.0, 0.25, 0.0, 5.0]]]
    assert signal.ratio_masks(sources, mixture).tolist() == expected


def test_weights_and_log_magnitude_are_the_protocols():
    mixture = torch.tensor([0.0, math.e - 1, 1e9])
    torch.testing.assert_close(signal.loss_weights(mixture), torch.tensor([1e-3, 1.0, 10.0]))
    assert signal.log_magnitude(mixture)[0].item() == pytest.approx(math.log(1e-10))


def test_a_mask_of_ones_gives_the_mixture_and_zeros_silence(sources):
    mixture = signal.stft(sources.sum(0))
    masks = torch.stack([torch.ones(512, 256), torch.zeros(512, 256)])
    found = signal.reconstruct(masks, mixture, LENGTH)
    torch.testing.assert_close(found[0], sources.sum(0), atol=1e-5, rtol=0)
    assert found[1].abs().max() == 0


def test_ideal_masks_separate_and_the_warp_costs_some_of_it(sources):
    found = {
        (kind, warped): si_sdr(sources, signal.ideal_estimates(sources, kind, warped)).min()
        for kind in ('binary', 'ratio')
        for warped in (False, True)
    }
    assert found['ratio', False] > 15
    assert found['ratio', True] > 10
    assert found['ratio', False] > found['ratio', True]
    assert found['binary', False] > 10


def test_gradients_reach_the_mask_through_reconstruction(sources):
    masks = torch.full((2, 256, 256), 0.5, requires_grad=True)
    estimate = signal.reconstruct(signal.unwarp(masks), signal.stft(sources.sum(0)), LENGTH)
    (estimate - sources).square().mean().backward()
    assert torch.isfinite(masks.grad).all()
    assert masks.grad.abs().sum() > 0
