"""The log-mel spectrogram."""

import torch
import torchaudio
from torch import Tensor, nn
from torch.nn import functional as F

from mmavl.errors import ConfigError
from mmavl.registry import MODELS
from mmavl.utils.autocast import full_precision

_MEL_SCALES = ('slaney', 'htk', 'tensorflow')


@MODELS.register_module()
class LogMelSpectrogram(nn.Module):
    """Log-mel spectrogram of a batch of waveforms: ``log(mel + log_offset)``, natural log.

    With the defaults it is the paper's (64 bands, 40 ms windows every 20 ms) and equals
    ``log(librosa.feature.melspectrogram(...) + log_offset)``. YAMNet's input is::

        LogMelSpectrogram(
            sample_rate=16000, n_fft=512, win_length=400, hop_length=160, n_mels=64, f_min=125,
            f_max=7500, mel_scale='tensorflow', norm=None, power=1, log_offset=1e-3, center=False,
        )

    It computes in float32 even under autocast, and has no state in checkpoints.

    Args:
        sample_rate (int): Sample rate of the waveforms in Hz. Defaults to 22050.
        n_fft (int): Length of the FFT in samples. Defaults to 1024.
        win_length (int): Length of the periodic Hann window in samples. Defaults to 882, 40 ms.
        hop_length (int): Samples between frames. Defaults to 441, 20 ms.
        n_mels (int): Number of bands, F. Defaults to 64.
        f_min (float): Lowest frequency in Hz. Defaults to 0.
        f_max (float, optional): Highest frequency in Hz. Defaults to half the sample rate.
        mel_scale (str): 'slaney' (librosa's default), 'htk', or 'tensorflow': HTK's scale with
            triangles that are linear in mel instead of in Hz, as in ``tf.signal``.
            Defaults to 'slaney'.
        norm (str, optional): 'slaney' divides each band by its width in Hz. Defaults to
            'slaney'.
        power (float): Exponent of the magnitude: 2 for power, 1 for magnitude. Defaults to 2.
        log_offset (float): Added before the logarithm. Defaults to 1e-6.
        center (bool): If True, frame t is centred on sample ``t * hop_length``, with zeros
            beyond the ends, as in librosa: ``T = 1 + L // hop_length``. If False, frame t starts
            there and lasts ``win_length`` samples, as in ``tf.signal``:
            ``T = 1 + (L - win_length) // hop_length``. Defaults to True.

    Shape:
        - input: [N, L], L at least ``win_length`` if not centred
        - output: [N, 1, T, F]
    """

    window: Tensor
    bands: Tensor

    def __init__(
        self,
        sample_rate: int = 22050,
        n_fft: int = 1024,
        win_length: int = 882,
        hop_length: int = 441,
        n_mels: int = 64,
        f_min: float = 0.0,
        f_max: float | None = None,
        mel_scale: str = 'slaney',
        norm: str | None = 'slaney',
        power: float = 2.0,
        log_offset: float = 1e-6,
        center: bool = True,
    ) -> None:
        super().__init__()
        if mel_scale not in _MEL_SCALES:
            raise ValueError(f'mel_scale={mel_scale!r} must be one of {", ".join(_MEL_SCALES)}')
        if win_length > n_fft:
            raise ValueError(f'win_length={win_length} is longer than n_fft={n_fft}')
        f_max = f_max or sample_rate / 2
        if not 0 <= f_min < f_max <= sample_rate / 2:
            raise ValueError(
                f'f_min={f_min} and f_max={f_max} must be in ascending order, from 0 to half of '
                f'sample_rate={sample_rate}'
            )
        self.sample_rate = sample_rate
        self.n_fft = n_fft
        self.win_length = win_length
        self.hop_length = hop_length
        self.power = power
        self.log_offset = log_offset
        # torch.stft centres a short window in its n_fft samples.
        self.padding = n_fft // 2 if center else (n_fft - win_length) // 2
        bins = n_fft // 2 + 1
        if mel_scale == 'tensorflow':
            bands = _tensorflow_bands(bins, n_mels, f_min, f_max, sample_rate)
        else:
            bands = torchaudio.functional.melscale_fbanks(
                bins, f_min, f_max, n_mels, sample_rate, norm, mel_scale
            )
        self.register_buffer('window', torch.hann_window(win_length), persistent=False)
        self.register_buffer('bands', bands, persistent=False)

    def forward(self, waveform: Tensor) -> Tensor:
        """Compute the spectrogram.

        Args:
            waveform (Tensor): [N, L].

        Returns:
            Tensor: float32 [N, 1, T, F].

        Raises:
            ConfigError: The waveform is too short for one frame.
        """
        if waveform.shape[-1] + 2 * self.padding < self.n_fft:
            raise ConfigError(
                f'{waveform.shape[-1]} samples are shorter than win_length={self.win_length}: '
                'add CropPadAudio to the pipeline'
            )
        with full_precision(waveform.device):
            padded = F.pad(waveform.float(), (self.padding, self.padding))
            stft = torch.stft(
                padded,
                self.n_fft,
                self.hop_length,
                self.win_length,
                self.window,
                center=False,
                return_complex=True,
            )
            spectrum = stft.real.square() + stft.imag.square()
            if self.power != 2:
                # a square root has no finite gradient at 0 (digital silence)
                spectrum = spectrum.clamp_min(1e-20).pow(self.power / 2)
            mel = spectrum.transpose(1, 2) @ self.bands
            return torch.log(mel + self.log_offset).unsqueeze(1)


def _tensorflow_bands(
    bins: int, n_mels: int, f_min: float, f_max: float, sample_rate: int
) -> Tensor:
    """The weights of ``tf.signal.linear_to_mel_weight_matrix``: [bins, n_mels]."""

    def mel(hertz: Tensor) -> Tensor:
        return 1127 * torch.log1p(hertz / 700)

    hertz = torch.linspace(0, sample_rate / 2, bins, dtype=torch.float64)
    limits = mel(torch.tensor([f_min, f_max], dtype=torch.float64))
    low, high = limits.tolist()
    edges = torch.linspace(low, high, n_mels + 2, dtype=torch.float64)
    lower, centre, upper = edges[:-2], edges[1:-1], edges[2:]
    rising = (mel(hertz)[:, None] - lower) / (centre - lower)
    falling = (upper - mel(hertz)[:, None]) / (upper - centre)
    return torch.minimum(rising, falling).clamp_min(0).float()
