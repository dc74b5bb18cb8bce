"""Alignment with bias-free projections and cosine maps."""

from torch import Tensor, nn

from mmavl.registry import MODELS

from .alignment_head import AlignmentHead


@MODELS.register_module()
class CosineAlignmentHead(AlignmentHead):
    """An :class:`AlignmentHead` whose projections have no bias and whose maps are cosines.

    A map that is zero everywhere pools to zero, and its projection is zero.

    Args:
        in_channels: Channels of the feature maps. Defaults to 512.
        hidden: Width of the hidden layer. Defaults to 1024.
        embed_dim: Dimensions of the shared space. Defaults to 128.
        loss: Config of the alignment loss. Defaults to ``PairContrastiveLoss`` with a distance
            margin of 1.4.

    Source: the simplified variant released by the paper's authors.
    """

    def __init__(
        self,
        in_channels: int = 512,
        hidden: int = 1024,
        embed_dim: int = 128,
        loss: dict | None = None,
    ) -> None:
        loss = loss or {'type': 'PairContrastiveLoss', 'margin': 1.4}
        super().__init__(in_channels, hidden, embed_dim, loss=loss)
        for projection in (self.audio_projection, self.visual_projection):
            for layer in projection:
                if isinstance(layer, nn.Linear):
                    layer.register_parameter('bias', None)

    def pool(self, features: Tensor, maps: Tensor, clips: Tensor) -> Tensor:
        """Eq. 5; zero for a map that is zero everywhere. Arguments as in the parent class."""
        something = maps.amax((-2, -1)) > 0
        return super().pool(features, maps, clips) * something[:, None]

    def heat_maps(self, audio: Tensor, grid: Tensor) -> Tensor:
        """Cosine of the sound and each cell, clipped at zero: in [0, 1].

        Args:
            audio: Projected class-specific sounds [P, embed_dim].
            grid: Projected image of each pair, [P, h, w, embed_dim].

        Returns:
            [P, h, w].
        """
        return (audio[:, None, None] * grid).sum(-1).relu()
