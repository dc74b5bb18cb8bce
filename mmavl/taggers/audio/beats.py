"""BEATs: a transformer on patches of a spectrogram, with gated relative positions."""

import math
from collections.abc import Mapping
from typing import Any

import torch
import torchaudio
from torch import Tensor, nn
from torch.nn import functional as F

from mmavl.errors import CheckpointError
from mmavl.utils.autocast import full_precision
from mmavl.utils.strict_json import brief

#: Settings that all published configs share, and that this network assumes.
_FIXED = {
    'activation_fn': 'gelu', 'layer_norm_first': False, 'deep_norm': True, 'conv_bias': False,
    'relative_position_embedding': True, 'gru_rel_pos': True, 'input_patch_size': 16,
}  # fmt: skip
_SIZES = (
    'embed_dim', 'encoder_embed_dim', 'encoder_ffn_embed_dim', 'encoder_attention_heads',
    'encoder_layers', 'conv_pos', 'conv_pos_groups', 'num_buckets', 'max_distance',
)  # fmt: skip
_BANDS = 128
_PATCH = 16  # frames, and also frequency bands


def check_beats_config(cfg: Any, source: str) -> None:
    """Raise a CheckpointError unless this network supports the ``cfg`` of the file ``source``."""
    if not isinstance(cfg, Mapping):
        raise CheckpointError(f"{source} has no 'cfg' and is not a BEATs checkpoint")
    for key, value in _FIXED.items():
        if cfg.get(key) != value:
            setting = f'{key}={brief(cfg.get(key))}'
            raise CheckpointError(
                f'{source}: cfg has {setting}; published BEATs checkpoints have {value!r}'
            )
    for key in _SIZES:
        if type(cfg.get(key)) is not int or cfg[key] < 1:
            raise CheckpointError(f'{source}: cfg has {key}={brief(cfg.get(key))}')
    if not 1 <= cfg['num_buckets'] // 4 < cfg['max_distance']:
        raise CheckpointError(
            f'{source}: cfg has num_buckets={cfg["num_buckets"]}, '
            f'max_distance={cfg["max_distance"]}'
        )


class BEATs(nn.Module):
    """The network with its classifier; parameters are named as in the published checkpoints.

    Args:
        cfg (Mapping): 'cfg' of a checkpoint; see :func:`check_beats_config`.
        num_labels (int): Number of labels, L.

    Source: S. Chen et al., BEATs: Audio Pre-Training with Acoustic Tokenizers, ICML 2023.
    """

    def __init__(self, cfg: Mapping[str, Any], num_labels: int) -> None:
        super().__init__()
        first, width = cfg['embed_dim'], cfg['encoder_embed_dim']
        self.patch_embedding = nn.Conv2d(1, first, _PATCH, _PATCH, bias=False)
        self.layer_norm = nn.LayerNorm(first)
        self.post_extract_proj = nn.Linear(first, width) if first != width else nn.Identity()
        self.encoder = _Encoder(cfg)
        self.predictor = nn.Linear(width, num_labels)

    def forward(self, waveform: Tensor) -> Tensor:
        """Map windows [N, S] at 16 kHz, of at least 2800 samples, to logits [N, L]."""
        patches = self.patch_embedding(log_mel(waveform)[:, None])
        x = self.layer_norm(patches.flatten(2).transpose(1, 2))
        return self.predictor(self.encoder(self.post_extract_proj(x))).mean(1)

    def load_published(self, state: dict[str, Tensor]) -> None:
        """Load a published state dict. All names and shapes must match.

        Each layer of a checkpoint has a copy of the first layer's relative position table.

        Raises:
            RuntimeError: They do not match.
        """
        table = 'self_attn.relative_attention_bias.weight'
        kept = {name: value for name, value in state.items() if not name.endswith(table)}
        if (first := state.get(f'encoder.layers.0.{table}')) is not None:
            kept['encoder.relative_attention_bias.weight'] = first
        g, v = (kept.pop(f'encoder.pos_conv.0.weight_{part}', None) for part in 'gv')
        if g is not None and v is not None:  # weight normalization
            kept['encoder.pos_conv.0.weight'] = g * v / v.norm(dim=(0, 1), keepdim=True)
        self.load_state_dict({name: value.float() for name, value in kept.items()}, assign=True)


def log_mel(waveform: Tensor) -> Tensor:
    """Kaldi's log-mel filter banks of waveforms [N, S] at 16 kHz, scaled as in BEATs' training.

    Returns:
        Tensor: [N, T, 128], with frames of 25 ms every 10 ms.
    """
    with full_precision(waveform.device):
        banks = [
            torchaudio.compliance.kaldi.fbank(
                wave[None] * 2**15, num_mel_bins=_BANDS, sample_frequency=16000
            )
            for wave in waveform.float()
        ]
        return (torch.stack(banks) - 15.41663) / (2 * 6.55582)


class _Encoder(nn.Module):
    """Layers of attention and MLP; positions enter by a convolution and in the attention."""

    def __init__(self, cfg: Mapping[str, Any]) -> None:
        super().__init__()
        width, size = cfg['encoder_embed_dim'], cfg['conv_pos']
        conv = nn.Conv1d(width, width, size, padding=size // 2, groups=cfg['conv_pos_groups'])
        self.pos_conv = nn.Sequential(conv, nn.GELU())
        self.layer_norm = nn.LayerNorm(width)
        heads = cfg['encoder_attention_heads']
        self.relative_attention_bias = nn.Embedding(cfg['num_buckets'], heads)
        self.max_distance = cfg['max_distance']
        self.layers = nn.ModuleList(_Layer(cfg) for _ in range(cfg['encoder_layers']))

    def forward(self, x: Tensor) -> Tensor:
        """Map tokens [N, P, C] to tokens."""
        count = x.shape[1]
        near = self.pos_conv(x.transpose(1, 2))[
            :, :, :count
        ]  # an even kernel gives one extra output
        x = self.layer_norm(x + near.transpose(1, 2))
        table = self.relative_attention_bias
        place = torch.arange(count, device=x.device)
        buckets = distance_buckets(place - place[:, None], table.num_embeddings, self.max_distance)
        bias = table(buckets).permute(2, 0, 1)
        for layer in self.layers:
            x = layer(x, bias)
        return x


class _Layer(nn.Module):
    """Attention and MLP, with the scaled residuals of DeepNorm."""

    def __init__(self, cfg: Mapping[str, Any]) -> None:
        super().__init__()
        width, hidden = cfg['encoder_embed_dim'], cfg['encoder_ffn_embed_dim']
        self.self_attn = _Attention(width, cfg['encoder_attention_heads'])
        self.self_attn_layer_norm = nn.LayerNorm(width)
        self.fc1, self.fc2 = nn.Linear(width, hidden), nn.Linear(hidden, width)
        self.final_layer_norm = nn.LayerNorm(width)
        self.alpha = (2 * cfg['encoder_layers']) ** 0.25

    def forward(self, x: Tensor, bias: Tensor) -> Tensor:
        x = self.self_attn_layer_norm(self.alpha * x + self.self_attn(x, bias))
        return self.final_layer_norm(self.alpha * x + self.fc2(F.gelu(self.fc1(x))))


class _Attention(nn.Module):
    """Attention with relative positions that are gated by each query."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.k_proj, self.v_proj = nn.Linear(width, width), nn.Linear(width, width)
        self.q_proj, self.out_proj = nn.Linear(width, width), nn.Linear(width, width)
        self.grep_linear = nn.Linear(width // heads, 8)
        self.grep_a = nn.Parameter(torch.ones(1, heads, 1, 1))

    def forward(self, x: Tensor, bias: Tensor) -> Tensor:
        """Map tokens [N, P, C] and position biases [H, P, P] to tokens."""
        q, k, v = (
            project(x).unflatten(2, (self.heads, -1)).transpose(1, 2)
            for project in (self.q_proj, self.k_proj, self.v_proj)
        )
        gates = self.grep_linear(q).unflatten(-1, (2, 4)).sum(-1).sigmoid()
        gate_a, gate_b = gates.chunk(2, dim=-1)
        bias = (gate_a * (gate_b * self.grep_a - 1) + 2) * bias
        out = F.scaled_dot_product_attention(q, k, v, attn_mask=bias.to(q.dtype))
        return self.out_proj(out.transpose(1, 2).flatten(2))


def distance_buckets(distance: Tensor, count: int, max_distance: int) -> Tensor:
    """The bucket of each relative position; buckets get wider with the distance.

    Args:
        distance (Tensor): Positions of keys minus those of queries, integers of any shape.
        count (int): Number of buckets; the second half is for positive distances.
        max_distance (int): Larger distances share the last bucket of their half.

    Returns:
        Tensor: Integers in [0, count).

    Source: C. Raffel et al., Exploring the Limits of Transfer Learning with a Unified
    Text-to-Text Transformer, JMLR 2020.
    """
    half = count // 2
    exact = half // 2
    far = distance.abs().clamp_min(exact).float() / exact
    wide = exact + (far.log() / math.log(max_distance / exact) * (half - exact)).long()
    near = distance.abs()
    bucket = torch.where(near < exact, near, wide.clamp_max(half - 1))
    return bucket + half * (distance > 0)
