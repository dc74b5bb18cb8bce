import numpy as np
import pytest
import torch
from torchaudio.functional import melscale_fbanks

from mmavl.models.spectrograms import DecibelMelSpectrogram


def tone(seconds=0.96, level=0.3):
    generator = torch.Generator().manual_seed(0)
    wave = torch.sin(torch.arange(round(16000 * seconds)) * 0.2)
    return level * (wave + 0.1 * torch.randn(wave.shape, generator=generator))[None]


def test_is_decibels_of_mel_bands_frame_by_frame():
    wave = tone()
    result = DecibelMelSpectrogram()(wave)
    assert result.shape == (1, 1, 193, 64)
    loud = (wave * 0.1 / (wave.square().mean().sqrt() + 1e-4))[0].double().numpy()
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(160) / 160)
    bands = melscale_fbanks(81, 0, 8000, 64, 16000).numpy()
    for frame in (5, 100):
        segment = loud[80 * frame - 80 : 80 * frame + 80]
        mel = np.abs(np.fft.rfft(segment * window)) ** 2 @ bands
        expected = 20 * np.log10(np.maximum(mel, 1e-5)) / 100
        np.testing.assert_allclose(result[0, 0, frame].numpy(), expected, atol=1e-3)


def test_loudness_makes_no_difference_and_silence_is_the_floor():
    spectrogram = DecibelMelSpectrogram()
    quiet, loud = spectrogram(tone(level=0.1)), spectrogram(tone(level=0.9))
    torch.testing.assert_close(quiet, loud, atol=5e-3, rtol=0)
    assert spectrogram(torch.zeros(1, 4000)).unique().item() == pytest.approx(-1)


def test_has_nothing_to_save():
    assert not DecibelMelSpectrogram().state_dict()
