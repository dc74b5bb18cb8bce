"""The row Sound-of-Pixels of Table 3."""

from typing import cast

from torch import Tensor, nn

from mmavl.registry import MODELS

from . import signal
from .frame_separator import FrameSeparator


@MODELS.register_module()
class SoundOfPixels(FrameSeparator):
    """The frame determines the weight of each of the U-Net's K channels.

    A convolution computes K maps of the frame; the maxima of their sigmoids over the frame weight
    the channels, which a linear synthesizer sums to the source's mask. It needs neither tags nor
    boxes: all that sounds in a frame is one source.

    Args:
        synthesizer (dict): Config of a :class:`LinearSynthesizer` without ``in_channels``.
        **kwargs: See :class:`FrameSeparator`.

    Source: H. Zhao et al., "The sound of pixels", ECCV 2018, section 3; with one frame instead of
    three, and the frozen backbone of mmavl's localizer instead of a dilated ResNet-18.
    """

    def __init__(self, synthesizer: dict, **kwargs) -> None:
        super().__init__(**kwargs)
        self.synthesizer = MODELS.build(synthesizer)
        channels = cast(int, self.visual_neck.out_channels)
        self.pixels = nn.Conv2d(channels, self.unet.out_channels, 1)

    def weights(self, inputs: dict[str, Tensor]) -> Tensor:
        """The weight of each channel for each source, in (0, 1), [S, K]."""
        return self.pixels(self.look(inputs)).amax((-2, -1)).sigmoid()

    def logits(self, inputs: dict[str, Tensor], mixture: Tensor) -> Tensor:
        """Mask logits [S, rows, T]."""
        spectral = self.unet(signal.log_magnitude(mixture)[:, None])
        return self.synthesizer(self.weights(inputs), spectral, inputs['index'])
