import librosa
import numpy as np
import pytest
import torch

from mmavl.models.spectrograms import LogMelSpectrogram
from mmavl.registry import MODELS

YAMNET = {
    'sample_rate': 16000,
    'n_fft': 512,
    'win_length': 400,
    'hop_length': 160,
    'n_mels': 64,
    'f_min': 125,
    'f_max': 7500,
    'mel_scale': 'tensorflow',
    'norm': None,
    'power': 1,
    'log_offset': 1e-3,
    'center': False,
}


@pytest.fixture
def waveforms():
    """[2, 22050]: noise that fades, and a soft chirp."""
    time = np.arange(22050) / 22050
    noise = np.random.default_rng(0).normal(size=22050) * 0.3 * np.exp(-3 * time)
    chirp = 0.05 * np.sin(2 * np.pi * (200 + 3000 * time) * time)
    return torch.from_numpy(np.stack([noise, chirp]).astype(np.float32))


def by_librosa(wave, log_offset=1e-6, **kwargs):
    mel = librosa.feature.melspectrogram(y=wave.numpy(), **kwargs)
    return np.log(mel + log_offset).T


def test_the_defaults_are_the_papers_and_equal_librosas(waveforms):
    spectrogram = LogMelSpectrogram()(waveforms)
    assert spectrogram.shape == (2, 1, 51, 64)
    for wave, image in zip(waveforms, spectrogram):
        expected = by_librosa(
            wave, sr=22050, n_fft=1024, win_length=882, hop_length=441, n_mels=64
        )
        assert np.abs(image[0].numpy() - expected).max() < 1e-3


@pytest.mark.parametrize(
    ('ours', 'librosas'),
    [
        ({'mel_scale': 'htk'}, {'htk': True}),
        ({'norm': None}, {'norm': None}),
        ({'power': 1.0, 'log_offset': 1e-4}, {'power': 1.0, 'log_offset': 1e-4}),
        ({'power': 1.5}, {'power': 1.5}),
        ({'f_min': 50.0, 'f_max': 8000.0}, {'fmin': 50.0, 'fmax': 8000.0}),
        ({'n_fft': 2048, 'hop_length': 300, 'n_mels': 80}, {}),
        ({'sample_rate': 16000, 'n_fft': 512, 'win_length': 400, 'hop_length': 160}, {}),
        ({'n_fft': 512, 'win_length': 512, 'center': False}, {'center': False}),
        ({'log_offset': 1e-2}, {'log_offset': 1e-2}),
    ],
)
def test_every_option_has_librosas_meaning(waveforms, ours, librosas):
    module = LogMelSpectrogram(**ours)
    kwargs = {
        'sr': module.sample_rate,
        'n_fft': module.n_fft,
        'win_length': module.win_length,
        'hop_length': module.hop_length,
        'n_mels': ours.get('n_mels', 64),
        **librosas,
    }
    for wave, image in zip(waveforms, module(waveforms)):
        expected = by_librosa(wave, **kwargs)
        assert image[0].shape == expected.shape
        assert np.abs(image[0].numpy() - expected).max() < 1e-3


def yamnet_input(wave):
    """YAMNet's features as its TensorFlow code makes them, line by line. [L] -> [T, 64]."""

    def mel(hertz):
        return 1127.0 * np.log(1.0 + hertz / 700.0)

    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(400) / 400)
    count = 1 + (len(wave) - 400) // 160
    frames = np.stack([wave[160 * t : 160 * t + 400] * window for t in range(count)])
    magnitude = np.abs(np.fft.rfft(frames, 512))
    edges = np.linspace(mel(125.0), mel(7500.0), 66)
    weights = np.zeros((257, 64))
    for band in range(64):
        lower, centre, upper = edges[band : band + 3]
        for bin_ in range(1, 257):
            at = mel(bin_ * 8000 / 256)
            rising, falling = (at - lower) / (centre - lower), (upper - at) / (upper - centre)
            weights[bin_, band] = max(0, min(rising, falling))
    return np.log(magnitude @ weights + 0.001)


def test_yamnets_input_can_be_expressed(waveforms):
    module = MODELS.build({'type': 'LogMelSpectrogram', **YAMNET})
    spectrogram = module(waveforms)
    assert spectrogram.shape == (2, 1, 136, 64)
    for wave, image in zip(waveforms, spectrogram):
        assert np.abs(image[0].numpy() - yamnet_input(wave.double().numpy())).max() < 1e-3


def test_it_stays_in_float32_under_autocast(waveforms):
    module = LogMelSpectrogram()
    expected = module(waveforms)
    with torch.autocast('cpu', dtype=torch.bfloat16):
        assert torch.equal(module(waveforms), expected)
        assert torch.equal(module(waveforms.double()), expected)


def test_silence_is_the_logarithm_of_the_offset():
    image = LogMelSpectrogram(log_offset=1e-3)(torch.zeros(1, 4410))
    assert torch.allclose(image, torch.tensor(1e-3).log())


def test_a_checkpoint_holds_nothing_of_it():
    assert LogMelSpectrogram().state_dict() == {}


@pytest.mark.parametrize(
    ('kwargs', 'message'),
    [
        ({'mel_scale': 'bark'}, "mel_scale='bark' must be one of slaney, htk, tensorflow"),
        ({'win_length': 2048}, 'win_length=2048 is longer than n_fft=1024'),
        ({'f_max': 16000}, 'f_max=16000 must be in ascending order.*half of sample_rate=22050'),
        ({'f_min': 4000, 'f_max': 300}, 'f_min=4000 and f_max=300'),
    ],
)
def test_parameters_that_make_no_sense_are_named(kwargs, message):
    with pytest.raises(ValueError, match=message):
        LogMelSpectrogram(**kwargs)


def test_a_waveform_shorter_than_a_window_is_named():
    module = LogMelSpectrogram(**YAMNET)
    assert module(torch.zeros(1, 400)).shape == (1, 1, 1, 64)
    with pytest.raises(ValueError, match=r'399 samples .*win_length=400.*CropPadAudio'):
        module(torch.zeros(1, 399))


def test_silence_has_a_finite_gradient_at_any_power():
    for power in (1.0, 2.0):
        wave = torch.zeros(1, 4000, requires_grad=True)
        LogMelSpectrogram(power=power)(wave).sum().backward()
        assert torch.isfinite(wave.grad).all()
