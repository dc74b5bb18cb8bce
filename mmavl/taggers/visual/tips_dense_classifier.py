"""TIPS compares every part of a picture with texts, as it was trained to."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mmavl.registry import MODELS
from mmavl.utils.label_lists import read_labels

from ..audio.hugging_face import load_all, transformers_for
from .base_dense_classifier import BaseDenseClassifier

_TEXTS = 128  # at a time


@MODELS.register_module()
class TIPSDenseClassifier(BaseDenseClassifier):
    """TIPSv2's similarity of each cell of a picture to each label, without training.

    Its patches were trained to lie near texts of what they show; nothing is changed in the
    network. Position embeddings are interpolated to the picture's size. A label's text is the mean
    over the templates.

    Args:
        weights (str): Name on the Hugging Face hub, e.g. 'google/tipsv2-b14', or a folder that
            ``save_pretrained`` of model and tokenizer has written.
        labels (str | Sequence[str]): What to look for, in plain words; see
            :func:`mmavl.utils.label_lists.read_labels`.
        templates (Sequence[str]): Texts around a label. Defaults to ('a photo of a {}.',).

    Shape:
        - input: [N, 3, H, W], sides multiples of the patch size (14)
        - output: ``cosine / temperature`` [N, L, h, w]

    Raises:
        ModuleNotFoundError: transformers is not installed.
        ConnectionError: The weights are not on this machine and cannot be fetched.
        CheckpointError: They are another model's.

    Source: B. Cao et al., TIPSv2: Advancing Vision-Language Pretraining with Enhanced Patch-Text
    Alignment, CVPR 2026.
    """

    def __init__(
        self,
        weights: str,
        labels: str | Sequence[str],
        templates: Sequence[str] = ('a photo of a {}.',),
    ) -> None:
        super().__init__()
        hub = transformers_for('TIPSDenseClassifier')
        self.labels = read_labels(labels)
        net, tokenizer = load_all(weights, hub.Tipsv2Model, hub.AutoTokenizer)
        self.visual = net.vision_model
        self.stride = net.config.vision_config.patch_size
        self.first = 1 + net.config.vision_config.num_register_tokens  # before the patches
        texts = [template.format(label) for label in self.labels for template in templates]
        embedded = _embed(net.text_model, tokenizer, texts)
        embedded = embedded.view(len(self.labels), len(templates), -1).mean(1)
        embedded = F.normalize(embedded, dim=1) / net.temperature.detach()
        self.register_buffer('texts', embedded, persistent=False)
        self.requires_grad_(False)

    def forward(self, image: Tensor) -> Tensor:
        """Map pictures [N, 3, H, W] to scaled cosines [N, L, h, w]."""
        height, width = (side // self.stride for side in image.shape[-2:])
        tokens = self.visual(pixel_values=image / 255).last_hidden_state[:, self.first :]
        cells = F.normalize(tokens, dim=-1).unflatten(1, (height, width))
        return torch.einsum('nhwd,ld->nlhw', cells, self.texts)


@torch.no_grad()
def _embed(net: nn.Module, tokenizer: object, texts: list[str]) -> Tensor:
    """Embeddings of length 1 of texts: [T, D]."""
    embedded = []
    for start in range(0, len(texts), _TEXTS):
        part = texts[start : start + _TEXTS]
        tokens = tokenizer(part, padding=True, truncation=True, return_tensors='pt')
        tokens = {key: tokens[key] for key in ('input_ids', 'attention_mask')}
        embedded.append(net(**tokens).pooler_output)
    return F.normalize(torch.cat(embedded), dim=-1)
