"""Fine-grained audio-visual alignment, Eq. 5 to 8."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mmavl.registry import MODELS
from mmavl.utils.autocast import full_precision
from mmavl.utils.distributed import gather_cat, rank

from ..map_transforms import build_map_transforms, smooth_maps
from .pooling import ClassMaps, claimed_area, keep_peaks, weighted_pool

#: Side of the square, in cells, over which agreement with the sound is averaged.
_AGREEMENT_CELLS = 7


def sound_similarity(features: Tensor, classes: Tensor) -> Tensor:
    """Similarity of sounds of the same class.

    It uses square roots of the features, so that a few strong channels do not dominate, and
    subtracts the mean of each class.

    Args:
        features: Features of P sounds, [P, c].
        classes: long [P].

    Returns:
        Cosine [P, P]; -inf between different classes and on the diagonal.
    """
    rooted = features.sign() * features.abs().sqrt()
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
    """Project class-specific sounds and image regions into a shared space and compare them.

    Args:
        in_channels: Channels of E_a and E_v. Defaults to 512.
        hidden: Width of the hidden layer. Defaults to 1024.
        embed_dim: Dimensions of the shared space. Defaults to 128.
        num_classes: C; adds a learned class embedding to f_a before g_a, which makes remaining
            sound of other classes matter less (an extension). Defaults to None, Eq. 6 as
            published.
        map_transforms: Configs of the transforms from K of Eq. 8 to a heat map, in order, see
            :mod:`mmavl.models.map_transforms`. Defaults to ``ExponentialHeat``.
        peak_threshold: In Eq. 5, subtract this share of each map's maximum and clip at zero.
            Otherwise a map that is slightly positive everywhere mixes the whole background into
            the object. Defaults to 0, Eq. 5 as published.
        refine_temperature: In Eq. 5, weight each visual map by how well each cell matches the
            clip's sound: ``exp((K - max K) / temperature)`` with Eq. 8's K averaged over 7 x 7
            cells, without a gradient. Of two objects of a class, this pools the one that matches
            the sound. Defaults to None, off.
        loss: Config of the alignment loss. Defaults to ``PairContrastiveLoss``, Eq. 7.
        loss_weight: Weight of the loss relative to Eq. 3. Defaults to 1.0.

    Source: Eq. 5 to 8.
    """

    def __init__(
        self,
        in_channels: int = 512,
        hidden: int = 1024,
        embed_dim: int = 128,
        num_classes: int | None = None,
        map_transforms: Sequence[dict | str] = ('ExponentialHeat',),
        peak_threshold: float = 0.0,
        refine_temperature: float | None = None,
        loss: dict | None = None,
        loss_weight: float = 1.0,
    ) -> None:
        super().__init__()
        self.in_channels = in_channels
        self.audio_projection = _projection(in_channels, hidden, embed_dim)
        self.visual_projection = _projection(in_channels, hidden, embed_dim)
        self.class_embedding = (
            None if num_classes is None else nn.Embedding(num_classes, in_channels)
        )
        self.map_transforms = build_map_transforms(map_transforms)
        self.peak_threshold = peak_threshold
        self.refine_temperature = refine_temperature
        self.loss_fn = MODELS.build(loss or {'type': 'PairContrastiveLoss'})
        self.loss_weight = loss_weight

    def project_audio(self, pooled: Tensor, classes: Tensor) -> Tensor:
        """g_a of Eq. 6 with L2 normalisation: [P, c], classes long [P] -> [P, embed_dim]."""
        if self.class_embedding is not None:
            pooled = pooled + self.class_embedding(classes)
        return F.normalize(self.audio_projection(pooled).float(), dim=-1)

    def project_visual(self, pooled: Tensor) -> Tensor:
        """g_v of Eq. 6 with L2 normalisation: [P, c] -> [P, embed_dim]."""
        return F.normalize(self.visual_projection(pooled).float(), dim=-1)

    def project_grid(self, embedded: Tensor) -> Tensor:
        """g_v as 1x1 convolutions: E_v [N, c, h, w] -> [N, h, w, embed_dim]."""
        return self.project_visual(embedded.permute(0, 2, 3, 1))

    def distance_maps(self, audio: Tensor, grid: Tensor) -> Tensor:
        """Eq. 8: K = -||g_a(f_a) - g_v(E_v)(u, v)||.

        Args:
            audio: Projected class-specific sounds [P, embed_dim].
            grid: Projected image of each pair, [P, h, w, embed_dim].

        Returns:
            K in [-2, 0], [P, h, w].
        """
        return -(audio[:, None, None] - grid).norm(dim=-1)

    def heat_maps(self, audio: Tensor, grid: Tensor) -> Tensor:
        """Eq. 8's map as a heat map, [P, h, w]; arguments as in :meth:`distance_maps`."""
        maps = self.distance_maps(audio, grid)
        for transform in self.map_transforms:
            maps = transform(maps)
        return maps

    def localize(self, sounds: ClassMaps, visual: Tensor) -> Tensor:
        """Eq. 5, 6 and 8: heat maps of sounds in the images of their clips.

        Args:
            sounds: E_a and W_a of P sounds.
            visual: E_v [N, c, h, w].

        Returns:
            Tensor: [P, h, w].
        """
        pooled = self.pool(sounds.features, sounds.maps, sounds.clips)
        grid = self.project_grid(visual)[sounds.clips]
        return self.heat_maps(self.project_audio(pooled, sounds.classes), grid)

    def pool(self, features: Tensor, maps: Tensor, clips: Tensor) -> Tensor:
        """Eq. 5: E_r [N, c, h, w], W_r [P, h', w'] of clips [P] -> f_r [P, c]."""
        return weighted_pool(features, keep_peaks(maps, self.peak_threshold), clips)

    def loss(
        self,
        sounds: ClassMaps,
        objects: ClassMaps,
        visible: Tensor | None = None,
        audio_features: Tensor | None = None,
    ) -> Tensor:
        """Eq. 5 to 7 over the global batch.

        Args:
            sounds: E_a, and W_a of the sounding classes: P maps.
            objects: E_v, and W_v of the visible classes, or of all classes if the loss
                ``needs_absent`` ones: Q maps.
            visible: bool [Q], which objects' classes are visible. Defaults to all.
            audio_features: The audio backbone's output [N, c', t, f], for a loss that
                ``needs_similarity``.
        """
        f_a = self.pool(sounds.features, sounds.maps, sounds.clips)
        f_v = self._pool_objects(objects, f_a, sounds.pairs)
        if visible is None:
            visible = torch.ones_like(objects.clips, dtype=torch.bool)
        extras = self._extras(sounds, objects, f_v, visible, audio_features)
        audio = gather_cat(self.project_audio(f_a, sounds.classes))
        visual = gather_cat(self.project_visual(f_v[visible]))
        audio_pairs = _global_pairs(sounds.pairs)
        visual_pairs = _global_pairs(objects.pairs[visible])
        positive = (audio_pairs[:, None] == visual_pairs[None]).all(-1)
        # the rounding of bfloat16 cosines exceeds the loss of a converged model
        with full_precision(audio.device):
            if 'similarity' in extras:
                similarity = sound_similarity(extras['similarity'], audio_pairs[:, 1])
                extras['similarity'] = similarity
            return self.loss_weight * self.loss_fn(audio, visual, positive, **extras)

    def _pool_objects(self, objects: ClassMaps, f_a: Tensor, sound_pairs: Tensor) -> Tensor:
        """Eq. 5 on the image: f_v [Q, c]."""
        if self.refine_temperature is None:
            return self.pool(objects.features, objects.maps, objects.clips)
        agreement = self._agreement(objects, f_a, sound_pairs, self.refine_temperature)
        maps = keep_peaks(objects.maps, self.peak_threshold) * agreement
        return weighted_pool(objects.features, maps, objects.clips)

    @torch.no_grad()
    def _agreement(
        self, objects: ClassMaps, f_a: Tensor, sound_pairs: Tensor, temperature: float
    ) -> Tensor:
        """How well each cell matches the sound of its pair, in (0, 1]; 1 if there is no sound."""
        same = (objects.pairs[:, None] == sound_pairs[None]).all(-1)
        slots, sounds = same.nonzero(as_tuple=True)
        grid = self.project_grid(objects.features)
        audio = self.project_audio(f_a[sounds], sound_pairs[sounds, 1])
        # averaged over about the size of an object: it should select objects, not parts of one
        maps = smooth_maps(self.distance_maps(audio, grid[objects.clips[slots]]), _AGREEMENT_CELLS)
        maps = maps - maps.amax((-2, -1), keepdim=True)
        agreement = maps.new_ones(len(objects.pairs), *maps.shape[1:])
        agreement[slots] = (maps / temperature).exp()
        return agreement

    def _extras(
        self,
        sounds: ClassMaps,
        objects: ClassMaps,
        f_v: Tensor,
        visible: Tensor,
        audio_features: Tensor | None,
    ) -> dict[str, Tensor]:
        """Additional inputs that the loss needs, from all processes, by name."""
        extras = {}
        if self.loss_fn.needs_absent:
            extras['absent'] = self.project_visual(f_v[~visible])
        if self.loss_fn.needs_background:
            clips = objects.clips[visible]
            claimed = claimed_area(objects.maps[visible], clips, len(objects.features))
            extras['background'] = self.project_visual(
                weighted_pool(objects.features, 1 - claimed)
            )
        if self.loss_fn.needs_similarity:
            assert audio_features is not None, 'the loss needs audio_features'
            weights = keep_peaks(sounds.maps, self.peak_threshold)
            pooled = weighted_pool(audio_features.detach(), weights, sounds.clips)
            extras['similarity'] = pooled.float()
        return {name: gather_cat(value) for name, value in extras.items()}


def _global_pairs(pairs: Tensor) -> Tensor:
    """Gather (clip, class) pairs from all processes, with unique clip indices."""
    offset = pairs.new_tensor([rank() << 32, 0])
    return gather_cat(pairs + offset)
