"""The convolutions of the CRNN audio tagger."""

from collections.abc import Sequence

from torch import Tensor, nn

from mmavl.registry import MODELS


@MODELS.register_module()
class CRNN(nn.Sequential):
    """The convolutional part of a CRNN; its recurrent part is :class:`GRUTagHead`.

    Five blocks of 3x3 convolution, batch normalisation, ReLU and max-pooling. Together they
    reduce time by 4 and frequency by 32.

    Args:
        channels: Channels of the five blocks. Defaults to (64, 128, 256, 512, 512).
        pools: Pooling (time, frequency) of each block.

    Shape:
        - input: log-mel spectrogram [N, 1, T, 64]
        - output: F_a [N, 512, T // 4, 2]

    Source: section 3.1 of the paper ("CRNN, composed of 2D convolutions and a GRU"). The layers
    are not published; the output shape follows from Fig. 3.
    """

    def __init__(
        self,
        channels: Sequence[int] = (64, 128, 256, 512, 512),
        pools: Sequence[tuple[int, int]] = ((2, 2), (2, 2), (1, 2), (1, 2), (1, 2)),
    ) -> None:
        super().__init__()
        self.out_channels = channels[-1]
        width = 1
        for channel, pool in zip(channels, pools, strict=True):
            self.append(
                nn.Sequential(
                    nn.Conv2d(width, channel, 3, padding=1, bias=False),
                    nn.BatchNorm2d(channel),
                    nn.ReLU(inplace=True),
                    nn.MaxPool2d(tuple(pool)),
                )
            )
            width = channel

    def forward(self, spectrogram: Tensor) -> Tensor:
        """Map a spectrogram [N, 1, T, F] to F_a."""
        return super().forward(spectrogram)
