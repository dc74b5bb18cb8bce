"""Dense classification by CLIP's similarity of image cells and texts."""

import difflib
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from mmavl.errors import CheckpointError, ConfigError
from mmavl.registry import MODELS
from mmavl.utils.failures import first_line
from mmavl.utils.hub import fetching
from mmavl.utils.label_lists import read_labels
from mmavl.utils.weights import load_tensors

from .base_dense_classifier import BaseDenseClassifier

_TEXTS = 256  # batch size


@MODELS.register_module()
class ClipDenseClassifier(BaseDenseClassifier):
    """CLIP's similarity of each image cell to each label, without training (MaskCLIP).

    In the last block of a vision transformer, each token attends only to itself, so that its
    output describes its own position. In a ResNet, the value and output projections of the
    attention pooling are applied to each cell. The transformer's position embeddings are
    interpolated to the image size. The embedding of a label is the mean over the templates.

    Args:
        name (str): open_clip's name of the model, e.g. 'ViT-B-16' or 'RN50'; for OpenAI's
            weights, use the names that end with '-quickgelu'.
        labels (str | Sequence[str]): The labels to find, in plain words; see
            :func:`mmavl.utils.label_lists.read_labels`.
        weights (str, optional): A .pth, .bin or .safetensors file of tensors, as a path or
            ``pkg://package/path``. Defaults to None.
        pretrained (str, optional): Download the weights with this tag of open_clip instead, e.g.
            'openai' or 'laion2b_s34b_b88k'. Defaults to None.
        templates (Sequence[str]): Texts for a label. Defaults to ('a photo of a {}.',).
        mean (Sequence[float]): Pixel mean, in 0-255. Defaults to CLIP's.
        std (Sequence[float]): Pixel standard deviation, in 0-255. Defaults to CLIP's.

    Shape:
        - input: [N, 3, H, W], sides multiples of the patch size (ViT) or of 32 (ResNet)
        - output: ``logit_scale * cosine`` [N, L, h, w]

    Raises:
        ModuleNotFoundError: open_clip_torch is not installed.
        ConfigError: open_clip does not have the model or the tag; the architecture is not
            supported; or not exactly one of ``weights`` and ``pretrained`` is given.
        CheckpointError: The weights belong to another model.
        ConnectionError: ``pretrained`` weights cannot be downloaded.

    Source: A. Radford et al., Learning Transferable Visual Models From Natural Language
    Supervision, ICML 2021; C. Zhou et al., Extract Free Dense Labels from CLIP, ECCV 2022.
    """

    mean: Tensor
    std: Tensor
    texts: Tensor

    def __init__(
        self,
        name: str,
        labels: str | Sequence[str],
        weights: str | None = None,
        pretrained: str | None = None,
        templates: Sequence[str] = ('a photo of a {}.',),
        mean: Sequence[float] = (122.7709, 116.7460, 104.0937),
        std: Sequence[float] = (68.5005, 66.6322, 70.3232),
    ) -> None:
        super().__init__()
        self.labels = read_labels(labels)
        open_clip = _open_clip()
        net = _load(open_clip, name, weights, pretrained).eval()
        self.visual = net.visual
        if isinstance(self.visual, open_clip.transformer.VisionTransformer):
            self.stride, self._cells = self.visual.patch_size[0], self._of_transformer
        elif isinstance(self.visual, open_clip.modified_resnet.ModifiedResNet):
            self.stride, self._cells = 32, self._of_resnet
        else:
            raise ConfigError(f"{name} is not one of CLIP's vision transformers or ResNets")
        if getattr(self.visual, 'attn_pool', None) is not None:
            raise ConfigError(
                f'{name} pools by attention: its cells cannot be compared with texts'
            )
        self.register_buffer('mean', torch.tensor(mean).view(1, 3, 1, 1), persistent=False)
        self.register_buffer('std', torch.tensor(std).view(1, 3, 1, 1), persistent=False)
        texts = [template.format(label) for label in self.labels for template in templates]
        embedded = _embed(net, open_clip.get_tokenizer(name)(texts))
        embedded = embedded.view(len(self.labels), len(templates), -1).mean(1)
        embedded = net.logit_scale.detach().exp() * F.normalize(embedded, dim=1)
        self.register_buffer('texts', embedded, persistent=False)
        self.requires_grad_(False)

    def forward(self, image: Tensor) -> Tensor:
        """Map images [N, 3, H, W] to scaled cosines [N, L, h, w]."""
        cells = F.normalize(self._cells((image - self.mean) / self.std), dim=-1)
        return torch.einsum('nhwd,ld->nlhw', cells, self.texts)

    def _of_transformer(self, image: Tensor) -> Tensor:
        """Features [N, h, w, D] in the text embedding space."""
        net = self.visual
        patches = net.conv1(image)
        count, _, height, width = patches.shape
        first = net.class_embedding.expand(count, 1, -1).to(patches)
        tokens = torch.cat([first, patches.flatten(2).transpose(1, 2)], dim=1)
        tokens = net.ln_pre(tokens + _positions(net.positional_embedding, height, width))
        *blocks, last = net.transformer.resblocks
        for block in blocks:
            tokens = block(tokens)
        itself = torch.eye(tokens.shape[1], dtype=torch.bool, device=tokens.device)
        tokens = last(tokens, attn_mask=torch.where(itself, 0.0, -torch.inf).to(tokens))
        cells = net.ln_post(tokens[:, 1:]) @ net.proj
        return cells.view(count, height, width, -1)

    def _of_resnet(self, image: Tensor) -> Tensor:
        """Features [N, h, w, D] in the text embedding space."""
        net = self.visual
        features = net.stem(image)
        for stage in (net.layer1, net.layer2, net.layer3, net.layer4):
            features = stage(features)
        return net.attnpool.c_proj(net.attnpool.v_proj(features.permute(0, 2, 3, 1)))


def _open_clip() -> ModuleType:
    try:
        import open_clip
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            'ClipDenseClassifier needs open_clip. Run: '
            'pip install --no-deps open_clip_torch==3.3.0 ftfy==6.3.1 regex wcwidth'
        ) from error
    return open_clip


def _load(open_clip: ModuleType, name: str, weights: str | None, pretrained: str | None) -> Any:
    """Load the whole CLIP model with its weights."""
    if name not in open_clip.list_models():
        close = difflib.get_close_matches(name, open_clip.list_models(), n=1)
        hint = f'; did you mean {close[0]!r}?' if close else ''
        raise ConfigError(f'open_clip has no model {name!r}{hint}')
    if (weights is None) == (pretrained is None):
        raise ConfigError(f'{name}: set either weights=FILE or pretrained=TAG')
    if pretrained is not None:
        return _fetch(open_clip, name, pretrained)
    assert weights is not None  # else pretrained is set
    with _quiet():  # it warns about missing weights
        net = open_clip.create_model(name, pretrained_text=False)
    try:
        net.load_state_dict(load_tensors(weights))
    except RuntimeError as error:
        raise CheckpointError(f'{weights} does not fit {name}: {error}') from error
    return net


@contextmanager
def _quiet() -> Iterator[None]:
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(before)


def _fetch(open_clip: ModuleType, name: str, tag: str) -> Any:
    tags = open_clip.list_pretrained_tags_by_model(name)
    if tag not in tags:
        raise ConfigError(f'{name} has no weights {tag!r}; choose one of {", ".join(tags)}')
    with fetching(f'{name} ({tag})'):
        try:
            return open_clip.create_model(name, pretrained=tag)
        except RuntimeError as error:  # open_clip wraps the client's error
            raise ConnectionError(first_line(error)) from error


@torch.no_grad()
def _embed(net: Any, tokens: Tensor) -> Tensor:
    """Unit-length embeddings of tokenised texts: [T, D]."""
    return torch.cat([net.encode_text(part, normalize=True) for part in tokens.split(_TEXTS)])


def _positions(embedding: Tensor, height: int, width: int) -> Tensor:
    """Interpolate position embeddings [1 + side ** 2, C] to [1 + height * width, C]."""
    first, grid = embedding[:1], embedding[1:]
    side = round(len(grid) ** 0.5)
    if (height, width) == (side, side):
        return embedding
    grid = grid.T.reshape(1, -1, side, side)
    grid = F.interpolate(grid, (height, width), mode='bicubic', antialias=True)
    return torch.cat([first, grid.flatten(2)[0].T])
