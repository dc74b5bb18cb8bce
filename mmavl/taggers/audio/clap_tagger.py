"""Tagging by CLAP's similarity of sounds and texts."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from mmavl.errors import ConfigError
from mmavl.registry import MODELS
from mmavl.utils.label_lists import read_labels

from .base_audio_tagger import BaseAudioTagger
from .hugging_face import load_all, transformers_for
from .windows import in_steps, over_windows

_TEXTS = 128  # batch size
_BACKGROUND = ('silence', 'background noise', 'wind noise', 'something else')


@MODELS.register_module()
class CLAPTagger(BaseAudioTagger):
    """CLAP as a tagger for any labels, given as texts; without training.

    CLAP tells which text fits a sound best, not whether it fits. The labels therefore compete
    with background texts: the probability of a label, ``sigmoid(logit)``, is its share
    of the softmax of ``scale * cosine`` over all labels and background texts. Labels that sound
    at the same time, or have the same meaning, split their share.

    Args:
        weights (str): Name on the Hugging Face hub, e.g. 'laion/clap-htsat-unfused', or a folder
            written by ``save_pretrained`` of the model, feature extractor and tokenizer.
        labels (str | Sequence[str]): The sounds to recognise, in plain words; see
            :func:`mmavl.utils.label_lists.read_labels`.
        template (str): The text for a label. Defaults to 'This is a sound of {}.'.
        background (Sequence[str]): Other sounds that may occur. Defaults to silence and noises.
        window (float): Length of a window in seconds, at most the model's maximum (10).
            Defaults to 2.
        hop (float): Time between the starts of successive windows, in seconds. Defaults to 1.

    Raises:
        ModuleNotFoundError: transformers is not installed.
        ConnectionError: The weights are not on this machine and cannot be downloaded.
        CheckpointError: The weights belong to another model.
        ConfigError: The window is longer than the model allows; ``window`` or ``hop`` is shorter
            than a sample.

    Source: Y. Wu et al., Large-scale Contrastive Language-Audio Pretraining with Feature Fusion
    and Keyword-to-Caption Augmentation, ICASSP 2023.
    """

    texts: Tensor

    def __init__(
        self,
        weights: str,
        labels: str | Sequence[str],
        template: str = 'This is a sound of {}.',
        background: Sequence[str] = _BACKGROUND,
        window: float = 2.0,
        hop: float = 1.0,
    ) -> None:
        super().__init__()
        hub = transformers_for('CLAPTagger')
        self.labels = read_labels(labels)
        net, self.extractor, tokenizer = load_all(
            weights, hub.ClapModel, hub.ClapFeatureExtractor, hub.AutoTokenizer
        )
        self.sample_rate = self.extractor.sampling_rate
        self.window = in_steps('window', window, self.sample_rate)
        self.hop = in_steps('hop', hop, self.sample_rate)
        if self.window > self.extractor.nb_max_samples:
            most = self.extractor.nb_max_samples / self.sample_rate
            raise ConfigError(f'window={window} s exceeds the maximum of {weights}, {most:g} s')
        texts = [template.format(name) for name in (*self.labels, *background)]
        scale = net.logit_scale_a.detach().exp()
        self.register_buffer('texts', scale * _embed(net, tokenizer, texts), persistent=False)
        self.audio_model, self.audio_projection = net.audio_model, net.audio_projection
        self.requires_grad_(False)

    def forward(self, waveform: Tensor) -> Tensor:
        """Map waveforms [N, S] to logits [N, T, L]."""
        return over_windows(self._logits, waveform, self.window, self.hop)

    def _logits(self, waveform: Tensor) -> Tensor:
        """Map windows [N, S] to logits [N, L]."""
        features = self.extractor(
            [*waveform.float().cpu().numpy()], sampling_rate=self.sample_rate, return_tensors='pt'
        )
        inputs = features['input_features'].to(waveform)
        # for fused models, the extractor marks a random one as long
        longer = torch.zeros(len(inputs), 1, dtype=torch.bool, device=inputs.device)
        pooled = self.audio_model(input_features=inputs, is_longer=longer).pooler_output
        scores = F.normalize(self.audio_projection(pooled), dim=-1) @ self.texts.T
        return log_odds(scores)[:, : len(self.labels)]


def log_odds(scores: Tensor) -> Tensor:
    """Logits whose sigmoid equals the softmax of scores [N, K]."""
    rest = scores[:, None].repeat(1, scores.shape[1], 1)
    rest.diagonal(dim1=1, dim2=2).fill_(-torch.inf)
    return scores - rest.logsumexp(2)


@torch.no_grad()
def _embed(net: Any, tokenizer: Callable[..., Any], texts: list[str]) -> Tensor:
    """Unit-length embeddings of texts: [K, D]."""
    parts = [texts[start : start + _TEXTS] for start in range(0, len(texts), _TEXTS)]
    embedded = []
    for part in parts:
        tokens = tokenizer(part, padding=True, return_tensors='pt')
        tokens = {key: tokens[key] for key in ('input_ids', 'attention_mask')}
        embedded.append(net.text_projection(net.text_model(**tokens).pooler_output))
    return F.normalize(torch.cat(embedded), dim=-1)
