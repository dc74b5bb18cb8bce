"""The paper's audio tagger as a teacher."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from mmavl.models.backbones.mobile_crnn import MobileCRNN, load_renamed, published_tensors
from mmavl.models.heads import GRUTagHead
from mmavl.registry import MODELS

from .base_teacher import BaseTeacher

#: Name in the published checkpoint -> name here.
_PREFIXES = {'features.': '0.', 'gru.rnn.': '1.gru.', 'outputlayer.': '1.fc.'}

#: 22.05 kHz, 40 ms windows every 20 ms, 64 bands, power, log(mel + 2^-52).
_SPECTROGRAM = {'type': 'LogMelSpectrogram', 'n_fft': 882, 'log_offset': 2.0**-52}


@MODELS.register_module()
class CRNNTeacher(BaseTeacher):
    """The AudioSet tagger used for the paper's pseudo-labels, loaded from its checkpoint.

    Args:
        weights (str): ``mobilecrnn_v2.pth`` of the paper's release (or in its format), as a path
            or ``pkg://package/path``; keys are mapped by name.
        labels (str | Sequence[str]): The label list in *alphabetical* order:
            ``audioset-alphabetical:PATH/class_labels_indices.csv``.
        spectrogram (dict, optional): Config. Defaults to the release's, but padded with zeros
            at both ends of a sound, where the release mirrors it.

    Raises:
        CheckpointError: The file is not such a checkpoint.

    Source: section 4.2 and the release of the paper.
    """

    modality = 'audio'

    def __init__(
        self, weights: str, labels: str | Sequence[str], spectrogram: dict | None = None
    ) -> None:
        super().__init__(weights, labels, 'sigmoid')
        self.spectrogram = MODELS.build(spectrogram or _SPECTROGRAM)
        self.sample_rate = self.spectrogram.sample_rate
        state = published_tensors(weights)
        if 'outputlayer.bias' in state:
            self.check_outputs(len(state['outputlayer.bias']))
        head = GRUTagHead(len(self.labels), in_channels=1024, hidden=128)
        self.net = nn.Sequential(MobileCRNN(), head)
        load_renamed(self.net, state, _PREFIXES, weights)
        self.net.eval()

    def probabilities(self, media: list[np.ndarray]) -> Tensor:
        """Probabilities [n, L] of n sounds."""
        frames = [self.spectrogram(torch.from_numpy(wave)[None]) for wave in media]
        return torch.cat([self.activate(self.net(spectrogram)) for spectrogram in frames])
