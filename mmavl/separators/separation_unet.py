"""The U-Net that processes a mixture."""

import torch
from torch import Tensor, nn

from mmavl.registry import MODELS


class _Down(nn.Sequential):
    def __init__(self, inputs: int, outputs: int, first: bool, last: bool) -> None:
        super().__init__()
        if not first:
            self.append(nn.LeakyReLU(0.2))
        bare = first or last
        self.append(nn.Conv2d(inputs, outputs, 4, 2, 1, bias=bare))
        if not bare:
            self.append(nn.BatchNorm2d(outputs))


class _Up(nn.Sequential):
    def __init__(self, inputs: int, outputs: int, last: bool) -> None:
        super().__init__(
            nn.ReLU(),
            nn.Upsample(scale_factor=2, mode='bilinear', align_corners=True),
            nn.Conv2d(inputs, outputs, 3, 1, 1, bias=last),
        )
        if not last:
            self.append(nn.BatchNorm2d(outputs))


@MODELS.register_module()
class SeparationUNet(nn.Module):
    """An encoder of strided convolutions and a decoder of upsampled ones, with skip connections.

    Args:
        channels (int): Channels of the first level; they double three times. Defaults to 64.
        out_channels (int): Defaults to 32.
        levels (int): Number of halvings of the resolution. Defaults to 7.
        guide_channels (int): Size of a vector per source that is repeated over the cells of the
            lowest level; the decoder then runs once per source. Defaults to 0: no guides.

    Shape:
        - input: log-magnitude on logarithmic frequencies [M, 1, H, W], both sides multiples of
          ``2 ** levels``; guides [S, guide_channels] and the mixture of each, long [S]
        - output: [M, out_channels, H, W], with guides [S, out_channels, H, W]

    Raises:
        ValueError: A side is not such a multiple.

    Source: O. Ronneberger et al., U-Net (2015), as used in section 3 of "The sound of pixels".
    """

    def __init__(
        self,
        channels: int = 64,
        out_channels: int = 32,
        levels: int = 7,
        guide_channels: int = 0,
    ) -> None:
        super().__init__()
        if levels < 2:
            raise ValueError(f'levels={levels}: a U-Net has at least 2')
        self.out_channels = out_channels
        self.side = 2**levels
        widths = [channels * min(2**level, 8) for level in range(levels)]
        self.norm = nn.BatchNorm2d(1)
        self.down = nn.ModuleList(
            _Down(inputs, outputs, first=level == 0, last=level == levels - 1)
            for level, (inputs, outputs) in enumerate(zip([1, *widths], widths))
        )
        joined = [2 * width for width in widths[:-1]] + [widths[-1] + guide_channels]
        self.up = nn.ModuleList(
            _Up(inputs, outputs, last=level == 0)
            for level, (inputs, outputs) in enumerate(zip(joined, [out_channels, *widths]))
        )
        self.to(memory_format=torch.channels_last)  # a third faster on CPUs

    def forward(
        self, spectrogram: Tensor, guides: Tensor | None = None, index: Tensor | None = None
    ) -> Tensor:
        """Process mixtures."""
        if any(side % self.side for side in spectrogram.shape[-2:]):
            raise ValueError(
                f'{len(self.down)} levels halve both sides as often: '
                f'{tuple(spectrogram.shape[-2:])} are not multiples of {self.side}'
            )
        passed, x = [], self.norm(spectrogram)
        for down in self.down:
            x = down(x)
            passed.append(x)
        if guides is not None:
            passed = [level[index] for level in passed]
            cells = guides.to(x.dtype)[:, :, None, None].expand(-1, -1, *x.shape[-2:])
            x = torch.cat([passed[-1], cells], 1)
        x = self.up[-1](x)
        for up, skip in zip(reversed(self.up[:-1]), reversed(passed[:-1])):
            x = up(torch.cat([skip, x], 1))
        return x
