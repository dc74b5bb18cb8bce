import numpy as np
import pytest
import torch

from mmavl.errors import ConfigError
from mmavl.models.spectrograms.log_psd import LogPSDSpectrogram, tukey

signal = pytest.importorskip('scipy.signal')


@pytest.mark.parametrize(
    ('rate', 'seconds', 'overlap', 'shape'),
    [
        (16000, 3, 274, (257, 200)),
        (16000, 10, 274, (257, 671)),
        (16000, 3, 353, (257, 299)),
        (22050, 3, 274, (257, 276)),
    ],
)
def test_it_is_scipys_with_its_defaults(rate, seconds, overlap, shape):
    wave = np.random.default_rng(0).uniform(-1, 1, rate * seconds)
    _, _, power = signal.spectrogram(wave, rate, nperseg=512, noverlap=overlap)
    module = LogPSDSpectrogram(sample_rate=rate, hop_length=512 - overlap)
    result = module(torch.from_numpy(wave).float()[None])
    assert result.shape == (1, 1, *shape)
    np.testing.assert_allclose(result[0, 0], np.log(power + 1e-7) / 12, atol=1e-5)


def test_a_constant_and_silence_have_the_offset_alone():
    module = LogPSDSpectrogram(frequency_first=False)
    result = module(torch.full((2, 1000), 0.5))
    assert result.shape == (2, 1, 3, 257)
    assert result == pytest.approx(np.log(1e-7) / 12, abs=1e-4)


def test_the_window_is_scipys():
    expected = signal.get_window(('tukey', 0.25), 512)
    np.testing.assert_allclose(tukey(512, 0.25), expected, atol=1e-12)


def test_a_waveform_shorter_than_a_segment_is_refused():
    with pytest.raises(ConfigError, match='100 samples is shorter than n_fft=512'):
        LogPSDSpectrogram()(torch.zeros(1, 100))


def test_autocast_makes_no_difference():
    wave = torch.rand(1, 2000) - 0.5
    with torch.autocast('cpu', torch.bfloat16):
        assert torch.equal(LogPSDSpectrogram()(wave), LogPSDSpectrogram()(wave))
        assert LogPSDSpectrogram()(wave).dtype == torch.float32
