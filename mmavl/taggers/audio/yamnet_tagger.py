"""YAMNet with its classifier."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mmavl.errors import ConfigError
from mmavl.models.backbones.yamnet import YAMNet, read_onnx_linear
from mmavl.models.spectrograms import LogMelSpectrogram
from mmavl.registry import MODELS
from mmavl.utils.label_lists import read_labels
from mmavl.utils.weights import resolve_path

from .base_audio_tagger import BaseAudioTagger
from .windows import in_steps

_PATCH = 96  # frames of 10 ms


@MODELS.register_module()
class YAMNetTagger(BaseAudioTagger):
    """YAMNet with the float32 values of the published ONNX file.

    A sound is tagged in patches of 0.96 s; the last patch ends with the sound. A sound shorter
    than a patch is padded with silence.

    Args:
        weights (str): The ONNX file or a zip of it, as a path or ``pkg://package/path``.
        labels (str | Sequence[str]): The label list, see
            :func:`mmavl.utils.label_lists.read_labels`.
        hop (float): Time between the starts of successive patches, in seconds. Defaults to 0.48.

    Raises:
        FileNotFoundError: The weights or the label list are missing.
        ConfigError: The file has no classifier, or not one output per label; ``hop`` is
            shorter than a frame.

    Source: M. Plakal and D. Ellis, YAMNet (2020).
    """

    sample_rate = 16000

    def __init__(self, weights: str, labels: str | Sequence[str], hop: float = 0.48) -> None:
        super().__init__()
        self.labels = read_labels(labels)
        self.hop = in_steps('hop', hop, 100)
        self.spectrogram = LogMelSpectrogram(
            sample_rate=16000, n_fft=512, win_length=400, hop_length=160, n_mels=64, f_min=125,
            f_max=7500, mel_scale='tensorflow', norm=None, power=1, log_offset=1e-3, center=False,
        )  # fmt: skip
        self.backbone = YAMNet(weights)
        weight, bias = read_onnx_linear(resolve_path(weights))
        if len(bias) != len(self.labels):
            raise ConfigError(
                f'{weights} has {len(bias)} outputs, its label list {len(self.labels)} names: '
                'use the list that was published with the model'
            )
        self.classifier = nn.Linear(weight.shape[1], len(bias))
        self.classifier.load_state_dict({'weight': weight, 'bias': bias})
        self.requires_grad_(False)

    def forward(self, waveform: Tensor) -> Tensor:
        """Map waveforms [N, S] to logits [N, T, 521]."""
        least = self.spectrogram.win_length + (_PATCH - 1) * self.spectrogram.hop_length
        frames = self.spectrogram(F.pad(waveform, (0, max(0, least - waveform.shape[1]))))
        last = frames.shape[2] - _PATCH
        starts = [*range(0, last, self.hop), last]
        patches = torch.cat([frames[:, :, start : start + _PATCH] for start in starts])
        logits = self.classifier(self.backbone(patches).mean((2, 3)))
        return logits.view(len(starts), len(waveform), -1).transpose(0, 1)
