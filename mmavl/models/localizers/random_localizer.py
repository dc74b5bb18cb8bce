"""A random baseline."""

import torch
from torch import Tensor

from mmavl.registry import MODELS
from mmavl.structures import AVDataSample

from ..map_transforms import MapContext
from .base_localizer import BaseLocalizer, clip_numbers, store_maps


@MODELS.register_module()
class RandomLocalizer(BaseLocalizer):
    """Uniform noise as the map of each given class: the baseline of each table.

    Without classes, there is one map of the whole sound.

    The maps of a clip depend only on its id and the seed.

    Args:
        grid: Height and width of the maps. Defaults to (16, 16).
        seed: Defaults to 0.
        **kwargs: ``data_preprocessor``, ``map_transforms`` and ``init_cfg``, as for
            :class:`BaseLocalizer`.

    Source: the row "Random" of the paper's Table 1.
    """

    def __init__(
        self,
        grid: tuple[int, int] = (16, 16),
        seed: int = 0,
        **kwargs,
    ) -> None:
        super().__init__(**kwargs)
        self.grid = tuple(grid)
        self.seed = seed
        self.offset = torch.nn.Parameter(torch.zeros(()))  # so that the optimizer has a parameter

    @property
    def needs_classes(self) -> bool:
        """False: it has no classes."""
        return False

    @property
    def predicts_classes(self) -> bool:
        """At random, where there are classes."""
        return True

    def extract(self, inputs: dict[str, Tensor]) -> dict[str, Tensor]:
        """Returns nothing."""
        return {}

    def loss(
        self, inputs: dict[str, Tensor], data_samples: list[AVDataSample]
    ) -> dict[str, Tensor]:
        """A constant, since nothing is trained."""
        return {'loss': self.offset * 0}

    def predict(
        self, inputs: dict[str, Tensor], data_samples: list[AVDataSample]
    ) -> list[AVDataSample]:
        """Draw maps and tag probabilities."""
        for sample in data_samples:
            number = int(clip_numbers([sample], torch.device('cpu')))
            generator = torch.Generator().manual_seed((number ^ self.seed) % 2**63)
            classes = len(sample.gt_tags)
            labels = (sample.gt_tags > 0.5).nonzero()[:, 0]
            sample.pred_tags = torch.rand(classes, generator=generator)
            sample.pred_visual_tags = torch.rand(classes, generator=generator)
            sample.pred_avc = torch.rand(2, generator=generator)
            sample.pred_labels = sample.pred_tags.argsort(descending=True)[:1]
            labels = torch.cat([labels, sample.pred_labels.to(labels)]).unique()
            if classes == 0:
                labels = torch.tensor([-1])
            maps = torch.rand(len(labels), *self.grid, generator=generator)
            pairs = torch.stack([torch.zeros_like(labels), labels], dim=1)
            maps = self.transform_maps(maps, MapContext(self, {}, pairs, inputs))
            store_maps([sample], maps, pairs)
        return data_samples
