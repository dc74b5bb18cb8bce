"""The convolutions of the paper's published audio tagger."""

from torch import Tensor, nn
from torchvision.models.mobilenetv2 import InvertedResidual

from mmavl.errors import CheckpointError
from mmavl.registry import MODELS
from mmavl.utils.weights import load_tensors

_FEATURES = 'features.'
#: Channels of each block after the stem, and the max-pooling (time, frequency) after it.
_BLOCKS = (
    (64, (1, 2)),
    (128, None),
    (128, (1, 2)),
    (256, None),
    (256, (1, 2)),
    (512, None),
    (512, None),
)


@MODELS.register_module()
class MobileCRNN(nn.Sequential):
    """The convolutional part of the tagger that made the paper's pseudo-labels.

    A strided 5 x 5 convolution and seven inverted residual blocks of MobileNetV2 reduce time by 4
    and frequency by 32. Parameter names are those after ``features.`` in the published checkpoint
    ``mobilecrnn_v2.pth``.

    Args:
        weights (str, optional): That checkpoint, as a path or ``pkg://package/path``. Defaults
            to None.

    Shape:
        - input: log-mel spectrogram [N, 1, T, 64], computed as in ``CRNNTeacher``
        - output: F_a [N, 512, ceil(T / 2) // 2, 2]

    Raises:
        CheckpointError: The file is not such a checkpoint.

    Source: the code release of the paper; for this type of tagger, H. Dinkel and K. Yu,
    "Duration robust weakly supervised sound event detection", ICASSP 2020.
    """

    out_channels = 512

    def __init__(self, weights: str | None = None) -> None:
        stem = nn.Sequential(
            nn.BatchNorm2d(1), nn.Conv2d(1, 64, 5, stride=2, padding=2), nn.SiLU()
        )
        super().__init__(stem, nn.MaxPool2d(2))
        width = 64
        for channels, pool in _BLOCKS:
            self.append(InvertedResidual(width, channels, stride=1, expand_ratio=6))
            if pool is not None:
                self.append(nn.MaxPool2d(pool))
            width = channels
        if weights is not None:
            load_renamed(self, published_tensors(weights), {_FEATURES: ''}, weights)

    def forward(self, spectrogram: Tensor) -> Tensor:
        """Map a spectrogram [N, 1, T, 64] to F_a."""
        return super().forward(spectrogram)


def published_tensors(weights: str) -> dict[str, Tensor]:
    """Read the tensors of a published tagger, without the prefix added by DataParallel.

    Raises:
        FileNotFoundError: The file is missing.
    """
    return {k.removeprefix('module.'): v for k, v in load_tensors(weights).items()}


def load_renamed(
    module: nn.Module, state: dict[str, Tensor], prefixes: dict[str, str], source: str
) -> None:
    """Fill a module from the tensors whose names have a given prefix, renamed.

    Args:
        module (nn.Module): The module; all of its tensors must be filled.
        state (dict[str, Tensor]): The tensors of the file.
        prefixes (dict[str, str]): Prefix in the file -> prefix in the module.
        source (str): The file, for error messages.

    Raises:
        CheckpointError: Tensors are missing, unexpected, or have another shape.
    """
    expected = module.state_dict()
    renamed = {
        new + name.removeprefix(old): tensor
        for old, new in prefixes.items()
        for name, tensor in state.items()
        if name.startswith(old)
    }
    mismatched = sorted(expected.keys() ^ renamed.keys())
    mismatched += [k for k in expected if k in renamed and expected[k].shape != renamed[k].shape]
    mismatched = [name for name in mismatched if not name.endswith('num_batches_tracked')]
    if mismatched:
        raise CheckpointError(
            f'{source} is not a checkpoint of {type(module).__name__}: {len(mismatched)} tensors '
            f'are missing, unexpected or of another shape, e.g. {", ".join(mismatched[:3])}'
        )
    module.load_state_dict(renamed, strict=False)
