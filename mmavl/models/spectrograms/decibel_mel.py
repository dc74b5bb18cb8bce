"""The spectrogram of Mix-and-Localize."""

from torch import Tensor, nn
from torchaudio.transforms import MelSpectrogram

from mmavl.registry import MODELS
from mmavl.utils.autocast import full_precision


@MODELS.register_module()
class DecibelMelSpectrogram(nn.Module):
    """Mel bands in units of 100 dB, of a waveform that is brought to one loudness.

    ``20 log10(max(1e-5, mel)) / 100``, from -1 upwards, of torchaudio's power spectrogram with
    its defaults (a Hann window, reflection at the ends, HTK's scale) and a window as long as the
    FFT. It computes in float32 under autocast too.

    Args:
        sample_rate (int): Of the waveforms, in Hz. Defaults to 16000.
        n_fft (int): In samples. Defaults to 160.
        hop_length (int): In samples. Defaults to 80.
        n_mels (int): Number of bands, F. Defaults to 64.
        rms (float): The loudness, a root mean square. Defaults to 0.1.

    Shape:
        - input: [N, L], L above ``n_fft // 2``
        - output: [N, 1, 1 + L // hop_length, n_mels]

    Source: the published code of X. Hu et al., "Mix and localize", CVPR 2022.
    """

    def __init__(
        self,
        sample_rate: int = 16000,
        n_fft: int = 160,
        hop_length: int = 80,
        n_mels: int = 64,
        rms: float = 0.1,
    ) -> None:
        super().__init__()
        self.sample_rate = sample_rate
        self.rms = rms
        self.mel = MelSpectrogram(sample_rate, n_fft, hop_length=hop_length, n_mels=n_mels)
        for buffer in (self.mel.spectrogram, self.mel.mel_scale):
            buffer._non_persistent_buffers_set.update(buffer._buffers)

    def forward(self, waveform: Tensor) -> Tensor:
        """Compute the spectrogram: [N, L] -> float32 [N, 1, T, F]."""
        with full_precision(waveform.device):
            mel = self.mel(to_loudness(waveform.float(), self.rms))
            return mel.mT.clamp_min(1e-5).log10().mul(0.2)[:, None]


def to_loudness(waveform: Tensor, rms: float, eps: float = 1e-4) -> Tensor:
    """Waveforms [..., L] of one root mean square; silence stays quiet."""
    level = waveform.square().mean(-1, keepdim=True).sqrt()
    return waveform * (rms / (level + eps))
