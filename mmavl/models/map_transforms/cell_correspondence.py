"""Lowering a map where what is seen does not sound."""

from torch import Tensor

from mmavl.registry import MODELS

from .base_map_transform import BaseMapTransform, MapContext


@MODELS.register_module()
class CellCorrespondence(BaseMapTransform):
    """Multiply maps by the correspondence of each cell alone with the whole sound.

    ``sigmoid(logit / temperature)`` of what the AVC head sees. So Eq. 2's network decides what
    sounds at all, and alignment which of it. An extension of ours.

    Args:
        temperature (float): Of the logit. Defaults to 1.

    Raises:
        ValueError: The temperature is not above 0.
    """

    needs = ('avc_head',)

    def __init__(self, temperature: float = 1.0) -> None:
        super().__init__()
        if temperature <= 0:
            raise ValueError(f'temperature={temperature} is not above 0')
        self.temperature = temperature

    def forward(self, maps: Tensor, context: MapContext) -> Tensor:
        """Lower [P, h, w]; the maps are on E_v's grid."""
        features = context.features
        logits = context.localizer.avc_head.cell_logits(
            features.embedded_audio, features.embedded_visual
        )
        return maps * context.by_map((logits / self.temperature).sigmoid())
