"""The base class of map transforms."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor, nn

from mmavl.errors import ConfigError
from mmavl.registry import MODELS


@dataclass(frozen=True)
class MapContext:
    """The origin of maps.

    Attributes:
        localizer: The model, a :class:`~mmavl.models.localizers.BaseLocalizer` with the parts
            that the transform ``needs``.
        features: The localizer's features of the batch; for :class:`CoarseToFine`, its
            ``Features``.
        pairs: long [P, 2], the clip (batch index) and class of each map; class -1 is the
            whole sound.
        inputs: What the model was given, see :class:`~mmavl.models.localizers.BaseLocalizer`.
    """

    localizer: Any
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

    def origin(self, context: MapContext | None) -> MapContext:
        """The context of :meth:`forward`, for a transform that needs it.

        Raises:
            ConfigError: There is none: an alignment head transforms maps without it.
        """
        if context is None:
            raise ConfigError(
                f'{type(self).__name__} needs the model and its inputs: list it in map_transforms '
                "of the model instead of the alignment head's"
            )
        return context


def build_map_transforms(configs: Sequence[dict | str]) -> nn.ModuleList:
    """Build them in order; a name alone stands for a transform without arguments."""
    return nn.ModuleList(
        MODELS.build({'type': config} if isinstance(config, str) else config) for config in configs
    )
