"""The MobileNets of EfficientAT."""

from collections.abc import Sequence
from functools import partial

import torch
import torchaudio
import torchvision
from torch import Tensor, nn
from torch.nn import functional as F
from torchvision.models.mobilenetv3 import InvertedResidual
from torchvision.ops import SqueezeExcitation

from mmavl.registry import MODELS
from mmavl.utils.autocast import full_precision
from mmavl.utils.label_lists import read_labels

from .base_audio_tagger import BaseAudioTagger
from .windows import in_steps, load_tagger, over_windows


@MODELS.register_module()
class EfficientATTagger(BaseAudioTagger):
    """A MobileNetV3 of EfficientAT, in the architecture of the published checkpoints.

    Args:
        weights (str): E.g. ``mn04_as_mAP_432.pt`` (``mn..._as_mAP_...`` with an MLP head, 128
            mel bands and a hop of 10 ms), as a path, ``pkg://package/path`` or URL; see
            :func:`mmavl.utils.hub.fetch_weights`.
        labels (str | Sequence[str]): AudioSet's ``class_labels_indices.csv``, 527 names; see
            :func:`mmavl.utils.label_lists.read_labels`.
        width (float): Width multiplier: 0.4 for mn04, 1.0 for mn10. Defaults to 0.4.
        window (float): Length of a window in seconds. Defaults to 2; it was trained on 10.
        hop (float): Time between the starts of successive windows, in seconds. Defaults to 1.

    Raises:
        FileNotFoundError: The weights or the label list are missing.
        ConnectionError: The weights cannot be downloaded.
        CheckpointError: The weights belong to another network, or do not have L outputs.
        ConfigError: ``window`` or ``hop`` is shorter than a sample.

    Source: F. Schmid, K. Koutini and G. Widmer, Efficient Large-Scale Audio Tagging via
    Transformer-to-CNN Knowledge Distillation, ICASSP 2023.
    """

    sample_rate = 32000

    def __init__(
        self,
        weights: str,
        labels: str | Sequence[str],
        width: float = 0.4,
        window: float = 2.0,
        hop: float = 1.0,
    ) -> None:
        super().__init__()
        self.labels = read_labels(labels)
        self.window = in_steps('window', window, self.sample_rate)
        self.hop = in_steps('hop', hop, self.sample_rate)
        self.net = AudioMobileNet(len(self.labels), width)
        load_tagger(self.net, weights, f'a MobileNet of width {width}')
        self.requires_grad_(False)

    def forward(self, waveform: Tensor) -> Tensor:
        """Map waveforms [N, S] to logits [N, T, L]."""
        return over_windows(self.net, waveform, self.window, self.hop)


class AudioMobileNet(nn.Module):
    """MobileNetV3-Large for one channel, with sigmoid gates in squeeze-and-excitation.

    Args:
        num_labels (int): Number of labels, L.
        width (float): Multiplier of the numbers of channels.
    """

    window: Tensor
    bands: Tensor

    def __init__(self, num_labels: int, width: float) -> None:
        super().__init__()
        gate = partial(SqueezeExcitation, scale_activation=nn.Sigmoid)
        self.net = torchvision.models.mobilenet_v3_large(
            width_mult=width,
            num_classes=num_labels,
            block=partial(InvertedResidual, se_layer=gate),
        )
        first = self.net.features[0][0]
        self.net.features[0][0] = nn.Conv2d(1, first.out_channels, 3, 2, 1, bias=False)
        bands, _ = torchaudio.compliance.kaldi.get_mel_banks(
            128, 1024, 32000.0, 0.0, 15000.0, 100.0, -500.0, 1.0
        )
        self.register_buffer(
            'bands', F.pad(bands, (0, 1)), persistent=False
        )  # the Nyquist frequency
        self.register_buffer('window', torch.hann_window(800, periodic=False), persistent=False)

    def forward(self, waveform: Tensor) -> Tensor:
        """Map windows [N, S] to logits [N, L]."""
        return self.net(self.log_mel(waveform))

    def log_mel(self, waveform: Tensor) -> Tensor:
        """The scaled log-mel spectrogram [N, 1, 128, T]."""
        with full_precision(waveform.device):
            waveform = waveform.float()
            waveform = waveform[:, 1:] - 0.97 * waveform[:, :-1]
            stft = torch.stft(waveform, 1024, 320, 800, self.window, return_complex=True)
            power = stft.real.square() + stft.imag.square()
            return ((self.bands @ power + 1e-5).log() + 4.5)[:, None] / 5

    def load_published(self, state: dict[str, Tensor]) -> None:
        """Load a published state dict. All names and shapes must match.

        Raises:
            RuntimeError: They do not match.
        """
        self.net.load_state_dict(dict(_torchvisions(*item) for item in state.items()))


def _torchvisions(name: str, value: Tensor) -> tuple[str, Tensor]:
    """Convert the name and shape of a published tensor to torchvision's."""
    if '.conc_se_layers.0.' in name:  # linear layers in the checkpoint, convolutions here
        name = name.replace('.conc_se_layers.0.', '.')
        value = value[:, :, None, None] if value.ndim == 2 else value
    for theirs, ours in (('classifier.2.', 'classifier.0.'), ('classifier.5.', 'classifier.3.')):
        if name.startswith(theirs):
            name = name.replace(theirs, ours)
    return name, value
