"""Cnn14 of the pretrained audio neural networks (PANNs)."""

import math
from collections.abc import Sequence

from torch import Tensor, nn
from torch.nn import functional as F

from mmavl.errors import ConfigError
from mmavl.models.spectrograms import LogMelSpectrogram
from mmavl.registry import MODELS
from mmavl.utils.label_lists import read_labels

from .base_audio_tagger import BaseAudioTagger
from .windows import in_steps, load_tagger, over_windows

_CHANNELS = (64, 128, 256, 512, 1024, 2048)
_HOP = 320  # samples between frames
_FRAMES = 32  # pooled into one


@MODELS.register_module()
class PANNsTagger(BaseAudioTagger):
    """Cnn14, in the architecture of the published checkpoints.

    Args:
        weights (str): ``Cnn14_DecisionLevelMax_mAP=0.385.pth`` or ``Cnn14_mAP=0.431.pth``, as a
            path, ``pkg://package/path`` or URL; see :func:`mmavl.utils.hub.fetch_weights`.
        labels (str | Sequence[str]): AudioSet's ``class_labels_indices.csv``, 527 names; see
            :func:`mmavl.utils.label_lists.read_labels`.
        name (str): 'Cnn14_DecisionLevelMax', with an output every 0.32 s, or 'Cnn14', with
            one per window. The weights of one load into the other, but give wrong outputs.
            Defaults to 'Cnn14_DecisionLevelMax'.
        window (float): Length of Cnn14's windows in seconds. Defaults to 2; it was trained on 10.
        hop (float): Time between the starts of Cnn14's windows, in seconds. Defaults to 1.

    Raises:
        ConfigError: The name is unknown; ``window`` or ``hop`` is shorter than a
            sample.
        FileNotFoundError: The weights or the label list are missing.
        ConnectionError: The weights cannot be downloaded.
        CheckpointError: The weights belong to another network, or do not have L outputs.

    Source: Q. Kong et al., PANNs: Large-Scale Pretrained Audio Neural Networks for Audio Pattern
    Recognition, IEEE/ACM TASLP 2020.
    """

    sample_rate = 32000

    def __init__(
        self,
        weights: str,
        labels: str | Sequence[str],
        name: str = 'Cnn14_DecisionLevelMax',
        window: float = 2.0,
        hop: float = 1.0,
    ) -> None:
        super().__init__()
        if name not in ('Cnn14_DecisionLevelMax', 'Cnn14'):
            raise ConfigError(f'name={name!r} must be Cnn14_DecisionLevelMax or Cnn14')
        self.labels = read_labels(labels)
        self.framewise = name != 'Cnn14'
        self.window = in_steps('window', window, self.sample_rate)
        self.hop = in_steps('hop', hop, self.sample_rate)
        self.net = Cnn14(len(self.labels))
        load_tagger(self.net, weights, name)
        self.requires_grad_(False)

    def forward(self, waveform: Tensor) -> Tensor:
        """Map waveforms [N, S] to logits [N, T, L]."""
        if not self.framewise:
            window = max(self.window, _FRAMES * _HOP)
            return over_windows(self.net.of_clip, waveform, window, self.hop)
        missing = _FRAMES * _HOP - waveform.shape[1]
        return self.net.of_segments(F.pad(waveform, (0, max(0, missing))))


class Cnn14(nn.Module):
    """The network; parameters are named as in the published checkpoints.

    Args:
        num_labels (int): Number of labels, L.
        channels (Sequence[int]): Channels of the six blocks. Defaults to the published ones.
    """

    def __init__(self, num_labels: int, channels: Sequence[int] = _CHANNELS) -> None:
        super().__init__()
        self.spectrogram = LogMelSpectrogram(
            sample_rate=32000, n_fft=1024, win_length=1024, hop_length=_HOP, n_mels=64, f_min=50,
            f_max=14000, log_offset=0.0, center=False,
        )  # fmt: skip
        self.bn0 = nn.BatchNorm2d(64)
        for number, (before, after) in enumerate(zip((1, *channels), channels), 1):
            self.add_module(f'conv_block{number}', _ConvBlock(before, after))
        self.fc1 = nn.Linear(channels[-1], channels[-1])
        self.fc_audioset = nn.Linear(channels[-1], num_labels)

    def of_clip(self, waveform: Tensor) -> Tensor:
        """Clip-wise logits of Cnn14, [N, L]."""
        x = self._features(waveform)
        return self.fc_audioset(self.fc1(x.amax(2) + x.mean(2)).relu())

    def of_segments(self, waveform: Tensor) -> Tensor:
        """Logits of Cnn14_DecisionLevelMax for segments of 0.32 s, [N, T, L]."""
        x = self._features(waveform)
        x = F.max_pool1d(x, 3, 1, 1) + F.avg_pool1d(x, 3, 1, 1)
        return self.fc_audioset(self.fc1(x.transpose(1, 2)).relu())

    def _features(self, waveform: Tensor) -> Tensor:
        """Features [N, C, T]."""
        x = self.bn0(self.decibels(waveform).transpose(1, 3)).transpose(1, 3)
        for number in range(1, 7):
            x = self.get_submodule(f'conv_block{number}')(x)
            x = F.avg_pool2d(x, 2) if number < 6 else x
        return x.mean(3)

    def decibels(self, waveform: Tensor) -> Tensor:
        """The log-mel spectrogram [N, 1, T, 64] in dB, clipped at -100 dB."""
        padded = F.pad(waveform, (512, 512), mode='reflect')
        return 10 / math.log(10) * self.spectrogram(padded).clamp_min(math.log(1e-10))

    def load_published(self, state: dict[str, Tensor]) -> None:
        """Load a published state dict. All names and shapes must match.

        Raises:
            RuntimeError: They do not match.
        """
        state = dict(state)
        bands = state.pop('logmel_extractor.melW', self.spectrogram.bands)
        for part in ('real', 'imag'):  # the Fourier transform, done by torch here
            state.pop(f'spectrogram_extractor.stft.conv_{part}.weight', None)
        self.load_state_dict(state)
        self.spectrogram.bands.copy_(bands)


class _ConvBlock(nn.Module):
    """Two convolutions."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(before, after, 3, padding=1, bias=False)
        self.conv2 = nn.Conv2d(after, after, 3, padding=1, bias=False)
        self.bn1, self.bn2 = nn.BatchNorm2d(after), nn.BatchNorm2d(after)

    def forward(self, x: Tensor) -> Tensor:
        return self.bn2(self.conv2(self.bn1(self.conv1(x)).relu())).relu()
