"""The row Sound-of-Pixels of Table 3."""

from torch import Tensor, nn

from mmavl.registry import MODELS

from . import signal
from .frame_separator import FrameSeparator


@MODELS.register_module()
class SoundOfPixels(FrameSeparator):
    """The frame says how much each of the U-Net's K channels counts.

    A convolution makes K maps of the frame; their sigmoid, maximal over the frame, weighs the
    channels, which a linear synthesizer adds up to the source's mask. It needs neither tags nor
    boxes: whatever sounds in the frame is one source.

    Args:
        synthesizer (dict): Config of a :class:`LinearSynthesizer` without ``in_channels``.
        **kwargs: As for :class:`FrameSeparator`.

    Source: H. Zhao et al., "The sound of pixels", ECCV 2018, section 3; one frame in place of its
    three, the frozen backbone of mmavl's localizer in place of its dilated ResNet-18.
    """

    def __init__(self, synthesizer: dict, **kwargs) -> None:
        super().__init__(**kwargs)
        self.synthesizer = MODELS.build(synthesizer)
        self.pixels = nn.Conv2d(self.visual_neck.out_channels, self.unet.out_channels, 1)

    def weights(self, inputs: dict[str, Tensor]) -> Tensor:
        """How much each channel counts for each source, in (0, 1), [S, K]."""
        return self.pixels(self.look(inputs)).amax((-2, -1)).sigmoid()

    def logits(self, inputs: dict[str, Tensor], mixture: Tensor) -> Tensor:
        """Mask logits [S, rows, T]."""
        spectral = self.unet(signal.log_magnitude(mixture)[:, None])
        return self.synthesizer(self.weights(inputs), spectral, inputs['index'])
