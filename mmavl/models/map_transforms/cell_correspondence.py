"""Suppressing maps where visible objects are silent."""

from torch import Tensor

from mmavl.registry import MODELS

from .base_map_transform import BaseMapTransform, MapContext


@MODELS.register_module()
class CellCorrespondence(BaseMapTransform):
    """Multiply maps by the correspondence of each cell alone with the whole sound.

    The factor is ``sigmoid(logit / temperature)`` of the AVC head. So the network of Eq. 2
    decides what sounds at all, and alignment selects the class (an extension).

    Args:
        temperature (float): Divisor of the logit. Defaults to 1.

    Raises:
        ValueError: The temperature is not above 0.
    """

    needs = ('avc_head',)

    def __init__(self, temperature: float = 1.0) -> None:
        super().__init__()
        if temperature <= 0:
            raise ValueError(f'temperature={temperature} must be above 0')
        self.temperature = temperature

    def forward(self, maps: Tensor, context: MapContext | None = None) -> Tensor:
        """Multiply maps [P, h, w], which are on the grid of E_v."""
        context = self.origin(context)
        features = context.features
        logits = context.localizer.avc_head.cell_logits(
            features.embedded_audio, features.embedded_visual
        )
        return maps * context.by_map((logits / self.temperature).sigmoid())
