"""NoPrior: multiple sound sources without prior knowledge of their number."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from mmavl.registry import MODELS
from mmavl.structures import AVDataSample
from mmavl.utils.autocast import full_precision

from ..map_transforms import MapContext
from .base_localizer import store_maps
from .lvs import LVS


@dataclass
class Objects:
    """What one picture shows of its sound.

    Attributes:
        anchors: Vectors E of the objects, [k, d], the most similar first; k may be 0.
        groups: long [k], the same number for anchors of one source, and -1 for background.
        background: Vector [d] of what does not sound.
    """

    anchors: Tensor
    groups: Tensor
    background: Tensor


@MODELS.register_module()
class NoPrior(LVS):
    """LVS, and objects that are found one after another: the number of maps is an output.

    With S the cosines of a picture's cells v with its sound, ``F(x) = v(x) S(x)`` are weighted
    cells, and ``background = mean_x F(x) (1 - sigmoid((S(x) - negative) / sharpness))``. Again and
    again the most similar cell that is left gives an anchor ``E = F(x)``; it takes all cells that
    are nearer to it than to the background, until no cell is left above ``least``. Anchors whose
    cosine with the background is above ``background_cosine`` are background; others whose cosine
    is above ``same_cosine``, directly or by way of others, are one source. The object loss adds,
    for the first anchor of each source, ``1 - cos(E, mean of its source) + cos(E, mean of the
    other anchors + background)``, over the clips.

    A source's map is the mean over its anchors of ``|E| - |F(x) - E|``, divided by the mean of
    ``|E|``: 1 at an anchor, 0 where nothing sounds. A clip has as many maps, all with label -1,
    as sources; where there is none, the map of the cosines.

    Differences from the published code: no optical flow, which no dataset here has; another
    sound's own pair is masked by -infinity, as in :class:`LVS`, for -99 becomes a positive where
    the cosine is below 0; batches are predicted as single clips are; maps are scaled, which
    changes no order of their cells; a clip without sources has a map; a frozen backbone's batch
    normalisation keeps its statistics. Pictures are not stacked: clips must have several sources
    of their own.

    Args:
        least: Cosine below which no cell is an anchor. Defaults to 0.1.
        background_cosine: Defaults to 0.7.
        same_cosine: Defaults to 0.6.
        **kwargs: As for :class:`LVS`; ``negative`` may not be None.

    Raises:
        ValueError: ``negative`` is None.

    Source: D. Kim et al., CVPR 2024, section 3.
    """

    published_names = {}  # no flow branch, no checkpoints
    published_ignored = ()
    negative: float

    def __init__(
        self,
        least: float = 0.1,
        background_cosine: float = 0.7,
        same_cosine: float = 0.6,
        **kwargs,
    ) -> None:
        super().__init__(**kwargs)
        if self.negative is None:
            raise ValueError(
                'NoPrior needs negative, a number: it separates objects from background'
            )
        self.least = least
        self.background_cosine = background_cosine
        self.same_cosine = same_cosine

    def contrast(self, audio: Tensor, visual: Tensor, clips: Tensor) -> dict[str, Tensor]:
        """LVS's loss and the object loss."""
        losses = super().contrast(audio, visual, clips)
        maps = self.localize(audio, visual)
        terms = [object_loss(self.objects(*clip)) for clip in zip(visual, maps)]
        return {**losses, 'loss_object': sum(terms, visual.new_zeros(())) / len(visual)}

    def objects(self, visual: Tensor, cosines: Tensor) -> Objects:
        """The objects of one picture: cells [d, h, w] and their cosines [h, w]."""
        cells = weighted_cells(visual, cosines)
        silence = self._above(-cosines, -self.negative).flatten()
        background = (cells * silence[:, None]).mean(0)
        anchors = find_anchors(cells, cosines.flatten(), background, self.least)
        groups = group_anchors(
            anchors.detach(), background.detach(), self.background_cosine, self.same_cosine
        )
        return Objects(anchors, groups, background)

    def predict(
        self, inputs: dict[str, Tensor], data_samples: list[AVDataSample]
    ) -> list[AVDataSample]:
        """One map of each source, with label -1."""
        audio, visual = self.embed(inputs)
        with full_precision(audio.device):
            maps = [self._source_maps(*clip) for clip in zip(visual, self.localize(audio, visual))]
        counts = torch.tensor([len(each) for each in maps], device=audio.device)
        numbers = torch.arange(len(maps), device=audio.device).repeat_interleave(counts)
        pairs = torch.stack([numbers, torch.full_like(numbers, -1)], dim=1)
        context = MapContext(self, {'audio': audio, 'visual': visual}, pairs, inputs)
        store_maps(data_samples, self.transform_maps(torch.cat(maps), context), pairs)
        return data_samples

    def _source_maps(self, visual: Tensor, cosines: Tensor) -> Tensor:
        """[sources, h, w]."""
        objects = self.objects(visual, cosines)
        cells = weighted_cells(visual, cosines)
        sources = objects.groups.unique()
        maps = [
            source_map(cells, objects.anchors[objects.groups == source]).view_as(cosines)
            for source in sources[sources >= 0]
        ]
        return torch.stack(maps or [cosines])


def weighted_cells(visual: Tensor, cosines: Tensor) -> Tensor:
    """Cells times their cosine with the sound: [d, h, w], [h, w] -> [h w, d]."""
    return (visual * cosines).flatten(1).T


def find_anchors(cells: Tensor, cosines: Tensor, background: Tensor, least: float) -> Tensor:
    """Cells of the objects, the most similar first, [k, d].

    Args:
        cells: [x, d].
        cosines: [x].
        background: [d].
        least: No anchor is below it.
    """
    left, anchors, fixed = cosines.detach().clone(), [], cells.detach()
    to_background = (fixed - background.detach()).norm(dim=1)
    while left.max() >= least:
        anchor = left.argmax()
        region = (fixed - fixed[anchor]).norm(dim=1) < to_background
        region[anchor] = True
        anchors.append(anchor)
        left[region] = 0
    return cells[torch.stack(anchors)] if anchors else cells[:0]


def group_anchors(
    anchors: Tensor, background: Tensor, background_cosine: float, same_cosine: float
) -> Tensor:
    """The source of each anchor, long [k]: the index of the source's first anchor, or -1."""
    groups = torch.arange(len(anchors), device=anchors.device)
    silent = F.cosine_similarity(anchors, background[None], dim=1) > background_cosine
    units = F.normalize(anchors, dim=1)
    same = (units @ units.T > same_cosine) & ~silent & ~silent[:, None]
    for one, other in same.nonzero().tolist():
        low, high = sorted((int(groups[one]), int(groups[other])))
        groups[groups == high] = low
    return groups.masked_fill(silent, -1)


def object_loss(objects: Objects) -> Tensor:
    """The object loss of one clip: sources are compact, and far from all else."""
    anchors, groups = objects.anchors, objects.groups
    loss = objects.background.new_zeros(())
    for source in groups.unique().tolist():
        mine = groups == source
        if source < 0 or mine.all():
            continue  # without others there is nothing to be far from
        others = anchors[~mine].mean(0) + objects.background
        anchor = anchors[source]
        loss = loss + 1 - F.cosine_similarity(anchor, anchors[mine].mean(0), dim=0)
        loss = loss + F.cosine_similarity(anchor, others, dim=0)
    return loss


def source_map(cells: Tensor, anchors: Tensor) -> Tensor:
    """How near each cell is to a source's anchors: [x, d], [k, d] -> [x], at most 1."""
    lengths = anchors.norm(dim=1)
    nearness = lengths[:, None] - torch.cdist(anchors, cells)
    return nearness.mean(0) / lengths.mean()
