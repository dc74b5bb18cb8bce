"""Converting the distances of Eq. 8 to heat maps."""

from torch import Tensor

from mmavl.evaluation.functional import min_max
from mmavl.registry import MODELS

from .base_map_transform import BaseMapTransform, MapContext


@MODELS.register_module()
class ExponentialHeat(BaseMapTransform):
    """``exp(K / temperature)``: 1 where the embeddings of sound and image agree.

    Args:
        temperature (float): In units of distance, which is in [0, 2]. Defaults to 0.2.

    Raises:
        ValueError: The temperature is not above 0.
    """

    def __init__(self, temperature: float = 0.2) -> None:
        super().__init__()
        if temperature <= 0:
            raise ValueError(f'temperature={temperature} must be above 0')
        self.temperature = temperature

    def forward(self, maps: Tensor, context: MapContext | None = None) -> Tensor:
        """K <= 0 [P, h, w] -> heat in (0, 1], [P, h, w]."""
        return (maps / self.temperature).exp()


@MODELS.register_module()
class SigmoidHeat(BaseMapTransform):
    """``sigmoid((midpoint + K) / temperature)``: 0.5 at a given distance.

    Args:
        midpoint (float): That distance. Defaults to 1.
        temperature (float): In units of distance, which is in [0, 2]. Defaults to 0.2.

    Raises:
        ValueError: The temperature is not above 0.
    """

    def __init__(self, midpoint: float = 1.0, temperature: float = 0.2) -> None:
        super().__init__()
        if temperature <= 0:
            raise ValueError(f'temperature={temperature} must be above 0')
        self.midpoint = midpoint
        self.temperature = temperature

    def forward(self, maps: Tensor, context: MapContext | None = None) -> Tensor:
        """K <= 0 [P, h, w] -> heat in (0, 1), [P, h, w]."""
        return ((self.midpoint + maps) / self.temperature).sigmoid()


@MODELS.register_module()
class MinMaxHeat(BaseMapTransform):
    """Each map stretched from 0 to 1, whatever its distances: K "is normalized" in section 3.3.

    Source: section 3.3 of the paper, which does not say how; K is negative everywhere.
    """

    def forward(self, maps: Tensor, context: MapContext | None = None) -> Tensor:
        """K [P, h, w] -> heat in [0, 1], [P, h, w]; a constant map becomes 0."""
        return min_max(maps)
