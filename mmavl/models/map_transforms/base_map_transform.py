"""The base class of map transforms."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor, nn

from mmavl.registry import MODELS


@dataclass(frozen=True)
class MapContext:
    """The origin of maps.

    Attributes:
        localizer: The model.
        features: The localizer's features of the batch; for :class:`CoarseToFine`, its
            ``Features``.
        pairs: long [P, 2], the clip (batch index) and class of each map; class -1 is the
            whole sound.
        inputs: What the model was given, see :class:`~mmavl.models.localizers.BaseLocalizer`.
    """

    localizer: nn.Module
    features: Any
    pairs: Tensor
    inputs: dict[str, Tensor] = field(default_factory=dict)

    def by_map(self, values: Tensor) -> Tensor:
        """Convert values per clip, [N, ...], to values per map, [P, ...]."""
        return values[self.pairs[:, 0]]

    def class_maps(self) -> Tensor:
        """Class activation of each map's class in the image, W_v of Eq. 4: [P, h, w]."""
        return self.localizer.visual_maps(self.features, self.pairs)


class BaseMapTransform(nn.Module, ABC):
    """Transforms maps. ``map_transforms`` in a localizer's config lists them in order.

    Attributes:
        needs (tuple[str, ...]): Parts that the localizer must have. Defaults to none.
    """

    needs: tuple[str, ...] = ()

    @abstractmethod
    def forward(self, maps: Tensor, context: MapContext | None = None) -> Tensor:
        """Transform maps.

        Args:
            maps: [P, h, w].
            context: Their origin. Transforms that use only the maps do not need it.

        Returns:
            Tensor: [P, h', w'].
        """


def build_map_transforms(configs: Sequence[dict | str]) -> nn.ModuleList:
    """Build them in order; a name alone stands for a transform without arguments."""
    return nn.ModuleList(
        MODELS.build({'type': config} if isinstance(config, str) else config) for config in configs
    )
