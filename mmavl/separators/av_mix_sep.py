"""The row AV-Mix-Sep of Table 3."""

from torch import Tensor

from mmavl.registry import MODELS

from . import signal
from .frame_separator import FrameSeparator


@MODELS.register_module()
class AVMixSep(FrameSeparator):
    """Adds the feature of the whole frame to the sound at the U-Net's bottleneck.

    The mean of the frame's features is repeated over the cells of the bottleneck; the decoder
    runs once per source and outputs its mask.

    Args:
        unet (dict): Config of a :class:`SeparationUNet` with the neck's ``guide_channels`` and
            ``out_channels=1``.
        mask (str): See :class:`MaskSeparator`. Defaults to 'ratio'.
        **kwargs: See :class:`FrameSeparator`.

    Source: the baseline AV-Mix-and-Separate of R. Gao, K. Grauman, "Co-separating sounds of visual
    objects", ICCV 2019, with the network of :class:`CoSeparation`; trained only on masks.
    """

    def __init__(self, unet: dict, mask: str = 'ratio', **kwargs) -> None:
        super().__init__(unet=unet, mask=mask, **kwargs)

    def logits(self, inputs: dict[str, Tensor], mixture: Tensor) -> Tensor:
        """Mask logits [S, rows, T]."""
        visual = self.look(inputs).mean((-2, -1))
        return self.unet(signal.log_magnitude(mixture)[:, None], visual, inputs['index'])[:, 0]
