"""Dense classification by TIPS, which was trained to align image patches with texts."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mmavl.registry import MODELS
from mmavl.utils.label_lists import read_labels

from ..audio.hugging_face import load_all, transformers_for
from .base_dense_classifier import BaseDenseClassifier

_TEXTS = 128  # batch size


@MODELS.register_module()
class TIPSDenseClassifier(BaseDenseClassifier):
    """TIPSv2's similarity of each image cell to each label, without training.

    The patch tokens were trained to match texts, so the network is used unchanged. Position
    embeddings are interpolated to the image size. The embedding of a label is the mean over the
    templates.

    Args:
        weights (str): Name on the Hugging Face hub, e.g. 'google/tipsv2-b14', or a folder
            written by ``save_pretrained`` of the model and tokenizer.
        labels (str | Sequence[str]): The labels to find, in plain words; see
            :func:`mmavl.utils.label_lists.read_labels`.
        templates (Sequence[str]): Texts for a label. Defaults to ('a photo of a {}.',).

    Shape:
        - input: [N, 3, H, W], sides multiples of the patch size (14)
        - output: ``cosine / temperature`` [N, L, h, w]

    Raises:
        ModuleNotFoundError: transformers is not installed.
        ConnectionError: The weights are not on this machine and cannot be downloaded.
        CheckpointError: The weights belong to another model.

    Source: B. Cao et al., TIPSv2: Advancing Vision-Language Pretraining with Enhanced Patch-Text
    Alignment, CVPR 2026.
    """

    texts: Tensor

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
        self.first = (
            1 + net.config.vision_config.num_register_tokens
        )  # index of the first patch token
        texts = [template.format(label) for label in self.labels for template in templates]
        embedded = _embed(net.text_model, tokenizer, texts)
        embedded = embedded.view(len(self.labels), len(templates), -1).mean(1)
        embedded = F.normalize(embedded, dim=1) / net.temperature.detach()
        self.register_buffer('texts', embedded, persistent=False)
        self.requires_grad_(False)

    def forward(self, image: Tensor) -> Tensor:
        """Map images [N, 3, H, W] to scaled cosines [N, L, h, w]."""
        height, width = (side // self.stride for side in image.shape[-2:])
        tokens = self.visual(pixel_values=image / 255).last_hidden_state[:, self.first :]
        cells = F.normalize(tokens, dim=-1).unflatten(1, (height, width))
        return torch.einsum('nhwd,ld->nlhw', cells, self.texts)


@torch.no_grad()
def _embed(net: nn.Module, tokenizer: Callable[..., Any], texts: list[str]) -> Tensor:
    """Unit-length embeddings of texts: [T, D]."""
    embedded = []
    for start in range(0, len(texts), _TEXTS):
        part = texts[start : start + _TEXTS]
        tokens = tokenizer(part, padding=True, truncation=True, return_tensors='pt')
        tokens = {key: tokens[key] for key in ('input_ids', 'attention_mask')}
        embedded.append(net(**tokens).pooler_output)
    return F.normalize(torch.cat(embedded), dim=-1)
