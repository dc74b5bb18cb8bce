"""DMC: sounds and cells are clustered, and clusters of one clip matched."""

import torch
from torch import Tensor
from torch.nn import functional as F

from mmavl.registry import MODELS

from .similarity_localizer import SimilarityLocalizer, other_clips


@MODELS.register_module()
class DMC(SimilarityLocalizer):
    """Deep multimodal clustering: the nearest visual cluster of each audio cluster is its object.

    Vectors of the sound's cells and of the picture's are clustered apart, by soft k-means through
    which gradients flow (:func:`soft_clusters`). With ``d_j`` the distance of audio cluster j to
    the nearest visual one and ``D = sqrt(sum_j d_j ** 2)``, the loss is
    ``1/2 (1/2 mean D ** 2 + 1/2 mean max(0, margin - D) ** 2)``, the first mean over the own
    pairs, the second over those of different clips. The map is how much each cell belongs to the
    visual cluster nearest to the sound; with several audio clusters, the maximum of theirs.

    Differences from the published code: the first centres do not depend on the order of the
    cells (:func:`spread_centres`); there, every (n / k)-th cell in reading order is one. Each
    sound is compared with every other clip's picture in the batch of all processes, where one is
    drawn there; copies of a clip are left out. Errors of that code (its map is chosen by the
    second best cluster, and not used) have no counterpart here.

    Args:
        visual_clusters: K_v. Defaults to 2: what sounds, and the background.
        audio_clusters: K_a. Defaults to 1.
        sharpness: What distances are multiplied by in the softmax over clusters. Defaults to 30.
        iterations: Of k-means. Defaults to 4.
        margin: Defaults to 5.
        unit: Give the cells' vectors length 1, nearly as the squashing of the authors' first
            implementation does; the margin then lies below 2. It is for features without
            normalisation, where objects' vectors can be so long that no sound gets near them.
            Defaults to False, as in the simplified implementation.
        **kwargs: As for :class:`SimilarityLocalizer`; ``audio_neck``, too, gives vectors of
            cells, such as :class:`Projection`.

    Source: D. Hu et al., "Deep multimodal clustering for unsupervised audiovisual learning", CVPR
    2019, as in the authors' simplified implementation.
    """

    def __init__(
        self,
        visual_clusters: int = 2,
        audio_clusters: int = 1,
        sharpness: float = 30.0,
        iterations: int = 4,
        margin: float = 5.0,
        unit: bool = False,
        **kwargs,
    ) -> None:
        super().__init__(**kwargs)
        if min(visual_clusters, audio_clusters, iterations) < 1:
            raise ValueError(
                f'visual_clusters={visual_clusters}, audio_clusters={audio_clusters} and '
                f'iterations={iterations} must be 1 or more'
            )
        self.visual_clusters = visual_clusters
        self.audio_clusters = audio_clusters
        self.sharpness = sharpness
        self.iterations = iterations
        self.margin = margin
        self.unit = unit

    def embed(self, inputs: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
        """Vectors of the sound's cells [N, d, t, f] and of the picture's [N, d, h, w], float32."""
        audio = self.audio_neck(self.audio_map(inputs)).float()
        visual = self.visual_neck(self.visual_map(inputs)).float()
        if self.unit:
            return F.normalize(audio, dim=1), F.normalize(visual, dim=1)
        return audio, visual

    def cluster(self, audio: Tensor, visual: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Centres of the sound [N, K_a, d] and the picture [N, K_v, d], and its [N, K_v, h, w]."""
        audio_count, visual_count = self.cluster_counts()
        audio_centres, _ = self._clusters(audio, audio_count)
        visual_centres, shares = self._clusters(visual, visual_count)
        return audio_centres, visual_centres, shares.unflatten(-1, visual.shape[-2:])

    def cluster_counts(self) -> tuple[int, int]:
        """K_a and K_v."""
        return self.audio_clusters, self.visual_clusters

    def _clusters(self, cells: Tensor, count: int) -> tuple[Tensor, Tensor]:
        vectors = cells.flatten(2).mT
        return soft_clusters(vectors, count, self.sharpness, self.iterations)

    def contrast(self, audio: Tensor, visual: Tensor, clips: Tensor) -> dict[str, Tensor]:
        """The contrastive loss of the paper; arguments are :meth:`embed`'s.

        A batch of copies of one clip has no second mean.
        """
        audio_centres, visual_centres, _ = self.cluster(audio, visual)
        squares = squared_distances(visual_centres[:, None], audio_centres).amin(-2).sum(-1)
        other = (self.margin - root(squares)).clamp_min(0).square()
        others = other_clips(clips)
        apart = (other * others).sum() / others.sum().clamp_min(1)
        return {'loss_contrast': (squares.diagonal().mean() + apart) / 4}

    def localize(self, audio: Tensor, visual: Tensor) -> Tensor:
        """The share of each cell in the cluster nearest to the sound, [N, h, w]."""
        audio_centres, visual_centres, shares = self.cluster(audio, visual)
        nearest = squared_distances(visual_centres, audio_centres).argmin(1)
        clips = torch.arange(len(shares), device=shares.device)[:, None]
        return shares[clips, nearest].amax(1)


def soft_clusters(
    vectors: Tensor, count: int, sharpness: float, iterations: int
) -> tuple[Tensor, Tensor]:
    """Soft k-means: shares ``softmax_k(-sharpness |o_k - u|)``, centres ``o_k = sum c u / sum c``.

    Args:
        vectors: u [N, n, d].
        count: Number of clusters, K.
        sharpness: See above.
        iterations: How often shares and centres are computed.

    Returns:
        Centres [N, K, d] and shares [N, K, n], which sum to 1 over the clusters.
    """
    centres = spread_centres(vectors, count)
    for _ in range(iterations):
        distances = root(squared_distances(centres, vectors))
        shares = (-sharpness * distances).softmax(1)
        total = shares.sum(2, keepdim=True)
        centres = shares @ vectors / total.clamp_min(torch.finfo(total.dtype).tiny)
    return centres, shares


def spread_centres(vectors: Tensor, count: int) -> Tensor:
    """Vectors that are far from each other: [N, n, d] -> [N, count, d].

    The first is the farthest from the mean, each other one the farthest from those before it.
    """
    with torch.no_grad():
        gaps = (vectors - vectors.mean(1, keepdim=True)).norm(dim=2)
        chosen = []
        for number in range(count):
            chosen.append(gaps.argmax(1))
            latest = vectors[torch.arange(len(vectors), device=vectors.device), chosen[-1]]
            distances = (vectors - latest[:, None]).norm(dim=2)
            gaps = torch.minimum(gaps, distances) if number else distances
        index = torch.stack(chosen, dim=1)[..., None]
    return vectors.gather(1, index.expand(-1, -1, vectors.shape[2]))


def squared_distances(centres: Tensor, vectors: Tensor) -> Tensor:
    """Squared Euclidean distances: [..., K, d], [..., n, d] -> [..., K, n]."""
    lengths = centres.square().sum(-1)[..., None] + vectors.square().sum(-1)[..., None, :]
    return (lengths - 2 * centres @ vectors.mT).clamp_min(0)


def root(squares: Tensor) -> Tensor:
    """The square root, with a finite gradient at 0."""
    return squares.clamp_min(1e-10).sqrt()
