"""Fine-grained audio-visual alignment, Eq. 5 to 8."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mmavl.registry import MODELS
from mmavl.utils.autocast import full_precision
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
    weights = pool_weights(weights, features.shape[-2:])
    if clips is None:
        clips = torch.arange(len(weights), device=weights.device)
    return per_clip_matmul(weights, features.float().flatten(2).mT, clips)


def pool_weights(weights: Tensor, size: tuple[int, int]) -> Tensor:
    """Eq. 5's weights on a grid: W >= 0 [P, h', w'] -> [P, h * w], each row's sum is 1."""
    weights = weights[:, None].float()
    if weights.shape[-2:] != tuple(size):
        weights = F.interpolate(weights, tuple(size), mode='bilinear')
    total = weights.sum((-2, -1), keepdim=True)
    uniform = 1 / (size[0] * size[1])
    return (weights / total.clamp_min(1e-12)).where(total > 1e-12, uniform).flatten(1)


def smooth_maps(maps: Tensor, side: int) -> Tensor:
    """Average over squares of an odd side, inside the map only: [P, h, w] -> [P, h, w]."""
    return F.avg_pool2d(maps, side, 1, side // 2, count_include_pad=False)


def sound_similarity(heard: Tensor, classes: Tensor) -> Tensor:
    """How alike sounds of one class are.

    Roots of the features, so that a few strong channels do not decide; what a class has in common
    is taken away.

    Args:
        heard: Features [P, c].
        classes: long [P].

    Returns:
        Cosine [P, P]; -inf between classes and on the diagonal.
    """
    rooted = heard.sign() * heard.abs().sqrt()
    same = classes[:, None] == classes[None]
    common = same.to(rooted) @ rooted / same.sum(1, keepdim=True)
    centred = F.normalize(rooted - common, dim=1)
    others = same & ~torch.eye(len(same), dtype=torch.bool, device=same.device)
    return (centred @ centred.T).masked_fill(~others, -torch.inf)


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
        num_classes: C; g_a is then told the class of each sound by a learned vector that is added
            to f_a, an extension of ours: what is left of other classes in the sound matters
            less. Defaults to None, Eq. 6 as it is.
        temperature: Of the heat map, in units of distance (which lies in [0, 2]). Defaults to
            0.2.
        midpoint: Distance at which the heat map is one half, ``sigmoid((midpoint + K) /
            temperature)``. Defaults to None: ``exp(K / temperature)``.
        map_smoothing: Odd side, in cells, of the square over which K is averaged before it
            becomes heat: Eq. 5 pools regions, a single cell is noisier. Defaults to 1, none.
        loss: Config of the alignment loss. Defaults to ``PairContrastiveLoss``, Eq. 7.

    Source: Eq. 5, 6, 8.
    """

    def __init__(
        self,
        in_channels: int = 512,
        hidden: int = 1024,
        embed_dim: int = 128,
        num_classes: int | None = None,
        temperature: float = 0.2,
        midpoint: float | None = None,
        map_smoothing: int = 1,
        loss: dict | None = None,
    ) -> None:
        super().__init__()
        self.in_channels = in_channels
        self.audio_projection = _projection(in_channels, hidden, embed_dim)
        self.visual_projection = _projection(in_channels, hidden, embed_dim)
        self.class_embedding = (
            None if num_classes is None else nn.Embedding(num_classes, in_channels)
        )
        self.temperature = temperature
        self.midpoint = midpoint
        self.map_smoothing = map_smoothing
        self.loss_fn = MODELS.build(loss or {'type': 'PairContrastiveLoss'})

    def project_audio(self, pooled: Tensor, classes: Tensor) -> Tensor:
        """Eq. 6's g_a with L2 normalisation: [P, c] of classes long [P] -> [P, embed_dim]."""
        if self.class_embedding is not None:
            pooled = pooled + self.class_embedding(classes)
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
        """Eq. 8's map as a heat map in (0, 1], [P, h, w]."""
        maps = self.distance_maps(audio, grid)
        if self.map_smoothing > 1:
            maps = smooth_maps(maps, self.map_smoothing)
        if self.midpoint is None:
            return (maps / self.temperature).exp()
        return ((self.midpoint + maps) / self.temperature).sigmoid()

    def loss(
        self,
        sounds: Tensor,
        sound_pairs: Tensor,
        objects: Tensor,
        object_pairs: Tensor,
        absent: Tensor | None = None,
        background: Tensor | None = None,
        heard: Tensor | None = None,
    ) -> Tensor:
        """Alignment loss over the global batch.

        Args:
            sounds: f_a [P, c].
            sound_pairs: long [P, 2], the clip (index in this process's batch) and class of each.
            objects: f_v [Q, c].
            object_pairs: long [Q, 2].
            absent: E_v pooled by the maps of absent classes [R, c], or None.
            background: E_v pooled by what no map claims [N, c], or None.
            heard: The audio backbone's output, pooled as f_a is, [P, c'], or None.
        """
        sounds = self.project_audio(sounds, sound_pairs[:, 1])
        sound_pairs, object_pairs = _global_pairs(sound_pairs), _global_pairs(object_pairs)
        positive = (sound_pairs[:, None] == object_pairs[None]).all(-1)
        extra = [
            None if slots is None else gather_cat(self.project_visual(slots))
            for slots in (absent, background)
        ]
        sounds, objects = gather_cat(sounds), gather_cat(self.project_visual(objects))
        # cosines of bfloat16 differ by more than what is left of a loss that has converged
        with full_precision(sounds.device):
            if heard is not None:
                extra.append(sound_similarity(gather_cat(heard.float()), sound_pairs[:, 1]))
            return self.loss_fn(sounds, objects, positive, *extra)


def _global_pairs(pairs: Tensor) -> Tensor:
    """Gather (clip, class) pairs with clip indices made unique over the processes."""
    offset = pairs.new_tensor([rank() << 32, 0])
    return gather_cat(pairs + offset)
