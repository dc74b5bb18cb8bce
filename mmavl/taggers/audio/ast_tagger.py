"""The audio spectrogram transformer (AST)."""

from collections.abc import Sequence

from torch import Tensor

from mmavl.errors import ConfigError
from mmavl.registry import MODELS
from mmavl.utils.label_lists import read_labels

from .base_audio_tagger import BaseAudioTagger
from .hugging_face import load_all, transformers_for
from .windows import in_steps, over_windows


@MODELS.register_module()
class ASTTagger(BaseAudioTagger):
    """AST on windows that are zero-padded to the 10.24 s that it was trained on.

    Args:
        weights (str): Name on the Hugging Face hub, e.g.
            'MIT/ast-finetuned-audioset-10-10-0.4593', or a folder written by ``save_pretrained``
            of the model and its feature extractor.
        labels (str | Sequence[str], optional): Defaults to the names in the model's config; see
            :func:`mmavl.utils.label_lists.read_labels`.
        window (float): Length of a window in seconds. Defaults to 2.
        hop (float): Time between the starts of successive windows, in seconds. Defaults to 1.

    Raises:
        ModuleNotFoundError: transformers is not installed.
        ConnectionError: The weights are not on this machine and cannot be downloaded.
        CheckpointError: The weights belong to another model.
        ConfigError: The label list does not have one name per output; ``window``
            or ``hop`` is shorter than a sample.

    Source: Y. Gong, Y.-A. Chung and J. Glass, AST: Audio Spectrogram Transformer, Interspeech
    2021.
    """

    def __init__(
        self,
        weights: str,
        labels: str | Sequence[str] | None = None,
        window: float = 2.0,
        hop: float = 1.0,
    ) -> None:
        super().__init__()
        hub = transformers_for('ASTTagger')
        self.net, self.extractor = load_all(
            weights, hub.ASTForAudioClassification, hub.ASTFeatureExtractor
        )
        names = self.net.config.id2label
        outputs = [names[index] for index in range(len(names))]
        self.labels = outputs if labels is None else read_labels(labels)
        if len(self.labels) != len(outputs):
            raise ConfigError(
                f'{weights} has {len(outputs)} outputs, its label list {len(self.labels)} names'
            )
        self.sample_rate = self.extractor.sampling_rate
        self.window = in_steps('window', window, self.sample_rate)
        self.hop = in_steps('hop', hop, self.sample_rate)
        self.requires_grad_(False)

    def forward(self, waveform: Tensor) -> Tensor:
        """Map waveforms [N, S] to logits [N, T, L]."""
        return over_windows(self._logits, waveform, self.window, self.hop)

    def _logits(self, waveform: Tensor) -> Tensor:
        """Map windows [N, S] to logits [N, L]."""
        features = self.extractor(
            [*waveform.float().cpu().numpy()], sampling_rate=self.sample_rate, return_tensors='pt'
        )
        return self.net(features['input_values'].to(waveform)).logits
