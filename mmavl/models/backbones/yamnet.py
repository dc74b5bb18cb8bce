"""YAMNet, a MobileNet trained on AudioSet, as an audio backbone."""

from pathlib import Path

import torch
from torch import Tensor, nn

from mmavl.errors import ConfigError
from mmavl.registry import MODELS
from mmavl.utils.onnx_session import load_onnx
from mmavl.utils.weights import check_sha256, resolve_path

_CHANNELS = (64, 128, 128, 256, 256, 512, 512, 512, 512, 512, 512, 1024, 1024)
_STRIDES = (1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1)


def _conv(inputs: int, outputs: int, kernel: int, stride: int, groups: int) -> nn.Sequential:
    # The published graph pads symmetrically at stride 1, only right and bottom at stride 2.
    edges = (0, 1, 0, 1) if stride == 2 else (kernel // 2,) * 4
    return nn.Sequential(
        nn.ZeroPad2d(edges),
        nn.Conv2d(inputs, outputs, kernel, stride, groups=groups),
        nn.ReLU(inplace=True),
    )


@MODELS.register_module()
class YAMNet(nn.Sequential):
    """YAMNet's convolutions (with batch normalisation folded in), applied at each position.

    Args:
        weights: The ONNX file or a zip of it, as a path or ``pkg://package/path``. Its float32
            values are used, without its quantise and dequantise nodes. Defaults to None.
        sha256: Checksum of that file. Defaults to None, not checked.
        num_blocks: Number of depthwise-separable blocks to keep, 1 to 13. The last blocks are
            specific to AudioSet's classes; block 9 distinguishes instruments of a family better,
            at twice the resolution. Defaults to 13, all.

    Shape:
        - input: log-mel [N, 1, T, 64]: 16 kHz, 64 bands 125-7500 Hz, 25 ms window, 10 ms hop,
          log(mel + 0.001)
        - output: F_a [N, 1024, T // 32, 2]; with 6 to 11 blocks [N, 512, T // 16, 4]

    Raises:
        ConfigError: ``num_blocks`` is out of range.
        ValueError: The file does not contain YAMNet's convolutions.

    Source: M. Plakal and D. Ellis, YAMNet (2020); A. Howard et al., MobileNets (2017).
    """

    def __init__(
        self, weights: str | None = None, sha256: str | None = None, num_blocks: int = 13
    ) -> None:
        super().__init__(_conv(1, 32, 3, 2, 1))
        if not 1 <= num_blocks <= len(_CHANNELS):
            raise ConfigError(f'num_blocks={num_blocks} of YAMNet must be from 1 to 13')
        width = 32
        for channels, stride in zip(_CHANNELS[:num_blocks], _STRIDES, strict=False):
            self.append(_conv(width, width, 3, stride, width))
            self.append(_conv(width, channels, 1, 1, 1))
            width = channels
        self.out_channels = width
        if weights is not None:
            path = resolve_path(weights)
            if sha256 is not None:
                check_sha256(path, sha256)
            self._load(path)

    def _load(self, path: Path) -> None:
        convolutions = [m for m in self.modules() if isinstance(m, nn.Conv2d)]
        tensors = read_onnx_convolutions(path)
        if len(tensors) != 1 + 2 * len(_CHANNELS):
            raise ValueError(f'{path} has {len(tensors)} convolutions, YAMNet has 27')
        with torch.no_grad():
            for conv, (weight, bias) in zip(convolutions, tensors, strict=False):
                if weight.shape != conv.weight.shape:
                    raise ValueError(
                        f'{path}: convolution of shape {tuple(weight.shape)} where YAMNet has '
                        f'{tuple(conv.weight.shape)}'
                    )
                conv.weight.copy_(weight)
                assert conv.bias is not None  # as _conv builds it
                conv.bias.copy_(bias)

    def forward(self, spectrogram: Tensor) -> Tensor:
        """Map a spectrogram [N, 1, T, 64] to F_a."""
        return super().forward(spectrogram)


@MODELS.register_module()
class YAMNetTail(nn.Sequential):
    """YAMNet's last blocks, from the output of the first ones to the map that it classifies.

    After a ``YAMNet(num_blocks=9)`` with cached features, it gives the features of the whole
    network without loading the sound again.

    Args:
        first_block: The first block to keep, 2 to 13. Defaults to 10.
        weights: As for :class:`YAMNet`. Defaults to None.
        sha256: As for :class:`YAMNet`. Defaults to None.

    Shape:
        - input: [N, 512, T // 16, 4] of block 9
        - output: F_a [N, 1024, T // 32, 2]

    Raises:
        ConfigError: ``first_block`` is out of range.
        ValueError: The file does not contain YAMNet's convolutions.

    Source: M. Plakal and D. Ellis, YAMNet (2020).
    """

    def __init__(
        self, first_block: int = 10, weights: str | None = None, sha256: str | None = None
    ) -> None:
        if not 2 <= first_block <= len(_CHANNELS):
            raise ConfigError(f'first_block={first_block} of YAMNet must be from 2 to 13')
        whole = YAMNet(weights, sha256)
        super().__init__(*list(whole)[1 + 2 * (first_block - 1) :])
        self.in_channels = _CHANNELS[first_block - 2]
        self.out_channels = whole.out_channels

    def forward(self, features: Tensor) -> Tensor:
        """Map the features of the first blocks to F_a."""
        return super().forward(features)


def read_onnx_convolutions(path: Path) -> list[tuple[Tensor, Tensor]]:
    """Weights and biases of the convolutions of an ONNX file, in the order of its graph.

    Args:
        path: The .onnx file, or a .zip with it and its external data.
    """
    import onnx

    graph = load_onnx(path).graph
    values = {t.name: onnx.numpy_helper.to_array(t).copy() for t in graph.initializer}
    producer = {node.output[0]: node for node in graph.node}

    def source(name: str) -> str:  # skips quantise and dequantise nodes
        while name not in values:
            name = producer.pop(name).input[0]  # a cyclic graph ends in a KeyError
        return name

    def constant(name: str) -> Tensor:
        return torch.from_numpy(values[source(name)])

    try:
        return [
            (constant(node.input[1]), constant(node.input[2]))
            for node in graph.node
            if node.op_type == 'Conv'
        ]
    except (LookupError, TypeError) as error:
        raise ConfigError(f'{path} has convolutions without constant weights: {error}') from error


def read_onnx_linear(path: Path) -> tuple[Tensor, Tensor]:
    """Weight [L, D] and bias [L] of the last linear layer of an ONNX file.

    Args:
        path: The .onnx file, or a .zip with it and its external data.

    Raises:
        ConfigError: The file has no such layer.
    """
    import onnx

    graph = load_onnx(path).graph
    values = {t.name: t for t in graph.initializer}
    layers = [node.input for node in graph.node if node.op_type == 'Gemm']
    # a quantised weight passes two more nodes, which only round it
    names = [name.removesuffix('_qdq') for name in (layers or [()])[-1][1:3]]
    if len(names) != 2 or not all(name in values for name in names):
        raise ConfigError(f'{path} has no linear layer with constant weights')
    weight, bias = (
        torch.from_numpy(onnx.numpy_helper.to_array(values[name]).copy()) for name in names
    )
    return weight, bias
