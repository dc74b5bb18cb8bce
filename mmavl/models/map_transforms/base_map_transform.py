"""What happens to localization maps once they are computed."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

from mmavl.registry import MODELS


@dataclass(frozen=True)
class MapContext:
    """Where maps come from.

    Attributes:
        localizer: The model.
        features: What its parts see and hear of the batch; of :class:`CoarseToFine`, its
            ``Features``.
        pairs: long [P, 2], the clip (index in the batch) and class of each map; class -1 is the
            whole sound.
    """

    localizer: nn.Module
    features: Any
    pairs: Tensor

    def by_map(self, values: Tensor) -> Tensor:
        """Values of each clip, [N, ...], as values of each map, [P, ...]."""
        return values[self.pairs[:, 0]]

    def class_maps(self) -> Tensor:
        """Class activation of each map's class in the picture, W_v of Eq. 4: [P, h, w]."""
        return self.localizer.visual_maps(self.features, self.pairs)


class BaseMapTransform(nn.Module, ABC):
    """Changes maps. A localizer's config lists them in ``map_transforms``, in order.

    Attributes:
        needs (tuple[str, ...]): Parts that the localizer must have. Defaults to none.
    """

    needs: tuple[str, ...] = ()

    @abstractmethod
    def forward(self, maps: Tensor, context: MapContext | None = None) -> Tensor:
        """Change maps.

        Args:
            maps: [P, h, w].
            context: Where they come from. Transforms of the maps alone do without it.

        Returns:
            Tensor: [P, h', w'].
        """


def build_map_transforms(configs: Sequence[dict | str]) -> nn.ModuleList:
    """Build them in order; a name alone is one without arguments."""
    return nn.ModuleList(
        MODELS.build({'type': config} if isinstance(config, str) else config) for config in configs
    )
