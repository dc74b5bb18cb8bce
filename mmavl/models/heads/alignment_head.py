"""Fine-grained audio-visual alignment, Eq. 5 to 8."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mmavl.registry import MODELS
from mmavl.utils.distributed import gather_cat, rank
from mmavl.utils.pairs import per_clip_matmul


def weighted_pool(features: Tensor, weights: Tensor, clips: Tensor | None = None) -> Tensor:
    """Eq. 5: average of features weighted by a class-specific map.

    The weights are resized to the features' grid (bilinear); a map that is zero everywhere
    falls back to uniform weights.

    Args:
        features: E_r [N, c, h, w].
        weights: W >= 0 [P, h', w'].
        clips: long [P], the sample that each map belongs to, ascending. Defaults to None: one
            map for each sample, P = N.

    Returns:
        f_r [P, c].
    """
    weights = weights[:, None].float()
    if weights.shape[-2:] != features.shape[-2:]:
        weights = F.interpolate(weights, features.shape[-2:], mode='bilinear')
    total = weights.sum((-2, -1), keepdim=True)
    uniform = weights.new_tensor(1 / (weights.shape[-2] * weights.shape[-1]))
    weights = (weights / total.clamp_min(1e-12)).where(total > 1e-12, uniform).flatten(1)
    if clips is None:
        clips = torch.arange(len(weights), device=weights.device)
    return per_clip_matmul(weights, features.float().flatten(2).mT, clips)


def _projection(channels: int, hidden: int, dim: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(channels, hidden), nn.ReLU(inplace=True), nn.Linear(hidden, dim)
    )


@MODELS.register_module()
class AlignmentHead(nn.Module):
    """Project class-specific sounds and image regions into one space and compare them.

    Args:
        in_channels: Channels of E_a and E_v. Defaults to 512.
        hidden: Width of the hidden layer. Defaults to 1024.
        embed_dim: Dimensions of the shared space. Defaults to 128.
        temperature: Of the heat map ``exp(K / temperature)``, in units of distance (which lies
            in [0, 2]). Defaults to 0.2.
        loss: Config of the alignment loss. Defaults to ``PairContrastiveLoss``, Eq. 7.

    Source: Eq. 5, 6, 8.
    """

    def __init__(
        self,
        in_channels: int = 512,
        hidden: int = 1024,
        embed_dim: int = 128,
        temperature: float = 0.2,
        loss: dict | None = None,
    ) -> None:
        super().__init__()
        self.audio_projection = _projection(in_channels, hidden, embed_dim)
        self.visual_projection = _projection(in_channels, hidden, embed_dim)
        self.temperature = temperature
        self.loss_fn = MODELS.build(loss or {'type': 'PairContrastiveLoss'})

    def project_audio(self, pooled: Tensor) -> Tensor:
        """Eq. 6's g_a with L2 normalisation: [P, c] -> [P, embed_dim]."""
        return F.normalize(self.audio_projection(pooled).float(), dim=-1)

    def project_visual(self, pooled: Tensor) -> Tensor:
        """Eq. 6's g_v with L2 normalisation: [P, c] -> [P, embed_dim]."""
        return F.normalize(self.visual_projection(pooled).float(), dim=-1)

    def project_grid(self, embedded: Tensor) -> Tensor:
        """g_v as 1x1 convolutions: E_v [N, c, h, w] -> [N, h, w, embed_dim]."""
        return self.project_visual(embedded.permute(0, 2, 3, 1))

    def distance_maps(self, audio: Tensor, grid: Tensor) -> Tensor:
        """Eq. 8: K = -||g_a(f_a) - g_v(E_v)(u, v)||.

        Args:
            audio: Projected class-specific sounds [P, embed_dim].
            grid: Projected image of each pair [P, h, w, embed_dim].

        Returns:
            K in [-2, 0], [P, h, w].
        """
        return -(audio[:, None, None] - grid).norm(dim=-1)

    def heat_maps(self, audio: Tensor, grid: Tensor) -> Tensor:
        """Eq. 8's map as a heat map in (0, 1]: ``exp(K / temperature)``, [P, h, w]."""
        return (self.distance_maps(audio, grid) / self.temperature).exp()

    def loss(
        self,
        sounds: Tensor,
        sound_pairs: Tensor,
        objects: Tensor,
        object_pairs: Tensor,
        absent: Tensor | None = None,
        background: Tensor | None = None,
    ) -> Tensor:
        """Alignment loss over the global batch.

        Args:
            sounds: f_a [P, c].
            sound_pairs: long [P, 2], the clip (index in this process's batch) and class of each.
            objects: f_v [Q, c].
            object_pairs: long [Q, 2].
            absent: E_v pooled by the maps of absent classes [R, c], or None.
            background: E_v pooled by what no map claims [N, c], or None.
        """
        sound_pairs, object_pairs = _global_pairs(sound_pairs), _global_pairs(object_pairs)
        positive = (sound_pairs[:, None] == object_pairs[None]).all(-1)
        extra = [
            None if slots is None else gather_cat(self.project_visual(slots))
            for slots in (absent, background)
        ]
        return self.loss_fn(
            gather_cat(self.project_audio(sounds)),
            gather_cat(self.project_visual(objects)),
            positive,
            *extra,
        )


def _global_pairs(pairs: Tensor) -> Tensor:
    """Gather (clip, class) pairs with clip indices made unique over the processes."""
    offset = pairs.new_tensor([rank() << 32, 0])
    return gather_cat(pairs + offset)
