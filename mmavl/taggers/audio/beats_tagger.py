"""BEATs, fine-tuned on AudioSet."""

from typing import Any

import torch
from torch import Tensor

from mmavl.errors import CheckpointError, ConfigError
from mmavl.registry import MODELS
from mmavl.utils.hub import fetch_weights
from mmavl.utils.label_lists import read_audioset_names
from mmavl.utils.strict_json import brief
from mmavl.utils.tensor_files import read_tensor_file
from mmavl.utils.weights import resolve_path

from .base_audio_tagger import BaseAudioTagger
from .beats import BEATs, check_beats_config
from .windows import in_steps, over_windows

_SHORTEST = 0.175  # seconds: 16 frames of 25 ms, 10 ms apart


@MODELS.register_module()
class BEATsTagger(BaseAudioTagger):
    """BEATs with its classifier, in the architecture of the published checkpoints.

    Args:
        weights (str): A fine-tuned checkpoint with 'cfg', 'model' and 'label_dict', e.g.
            ``BEATs_iter3_plus_AS2M_finetuned_on_AS2M_cpt2.pt``, as a path,
            ``pkg://package/path`` or URL; see :func:`mmavl.utils.hub.fetch_weights`.
        labels (str): AudioSet's ``class_labels_indices.csv`` for the names of the classes; their
            order is the checkpoint's. See :func:`mmavl.utils.label_lists.read_audioset_names`.
        window (float): Length of a window in seconds, at least 0.175. Defaults to 2; it was
            trained on 10.
        hop (float): Time between the starts of successive windows, in seconds. Defaults to 1.

    Raises:
        FileNotFoundError: The weights or the label list are missing.
        ConnectionError: The weights cannot be downloaded.
        CheckpointError: The weights belong to another network, or are not fine-tuned.
        ConfigError: The label list lacks a class of the checkpoint; ``window`` or
            ``hop`` is too short.

    Source: S. Chen et al., BEATs: Audio Pre-Training with Acoustic Tokenizers, ICML 2023.
    """

    sample_rate = 16000

    def __init__(self, weights: str, labels: str, window: float = 2.0, hop: float = 1.0) -> None:
        super().__init__()
        if window < _SHORTEST:
            raise ConfigError(f'window={window} s is shorter than the {_SHORTEST} s of a patch')
        self.window = in_steps('window', window, self.sample_rate)
        self.hop = in_steps('hop', hop, self.sample_rate)
        self.net, mids = _load(weights)
        names = read_audioset_names(labels)
        unknown = [mid for mid in mids if mid not in names]
        if unknown:
            raise ConfigError(
                f'{labels} lacks the names of {len(unknown)} of the {len(mids)} classes of '
                f"{weights}, e.g. {brief(unknown[0])}: use AudioSet's class_labels_indices.csv"
            )
        self.labels = [names[mid] for mid in mids]
        self.requires_grad_(False)

    def forward(self, waveform: Tensor) -> Tensor:
        """Map waveforms [N, S] to logits [N, T, L]."""
        return over_windows(self.net, waveform, self.window, self.hop)


def _load(weights: str) -> tuple[BEATs, list[str]]:
    """Load the network of a checkpoint, and the MIDs of its outputs."""
    content = read_tensor_file(resolve_path(fetch_weights(weights)))
    check_beats_config(content.get('cfg'), weights)
    state = content['state_dict']
    if 'predictor.weight' not in state:
        raise CheckpointError(
            f'{weights} is a BEATs checkpoint without a classifier: use a fine-tuned one, e.g. '
            'BEATs_iter3_plus_AS2M_finetuned_on_AS2M_cpt2.pt'
        )
    mids = _mids(content.get('label_dict'), weights)
    if content['cfg']['encoder_layers'] > len(state):
        raise CheckpointError(f'{weights} has fewer tensors than its cfg has layers')
    try:
        with torch.device('meta'):  # sizes from cfg take no memory here
            net = BEATs(content['cfg'], len(mids))
        net.load_published(state)
    except (RuntimeError, ValueError) as error:  # ValueError: channels not divisible by the groups
        raise CheckpointError(
            f'{weights} does not fit a BEATs of its cfg and its {len(mids)} classes: {error}'
        ) from error
    return net, mids


def _mids(classes: Any, weights: str) -> list[str]:
    """The MID of each output, from 'label_dict'."""
    if not isinstance(classes, dict) or not classes:
        raise CheckpointError(f"{weights} has no 'label_dict', which names its outputs")
    if {*classes} != {*range(len(classes))}:
        raise CheckpointError(f"{weights}: 'label_dict' does not number its classes from 0")
    mids = [classes[index] for index in range(len(classes))]
    if not all(isinstance(mid, str) for mid in mids):
        raise CheckpointError(f"{weights}: 'label_dict' has classes that are not MIDs")
    return mids
