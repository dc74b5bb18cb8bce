"""Any timm model as a visual backbone."""

import difflib
import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import timm
import torch
from torch import Tensor, nn

from mmavl.errors import ConfigError
from mmavl.registry import MODELS
from mmavl.utils.hub import create_timm
from mmavl.utils.weights import load_by_position, load_tensors

#: Errors that timm's models raise for an argument or value that they do not support.
_REFUSALS = (AssertionError, IndexError, NotImplementedError, TypeError)


@MODELS.register_module()
class TimmBackbone(nn.Module):
    """Feature maps of a timm model, convolutional or transformer.

    Args:
        name: timm's name, e.g. 'resnet18' or 'resnet18.tv_in1k'. Defaults to 'resnet18'.
        out_indices: Which feature maps to use, in the network's order: the last is F_v, the one
            before it O_v. Negative indices count from the end. A network has one map per
            resolution (a ResNet five, a ConvNeXt four), a plain transformer one per block.
            Defaults to (-2, -1), layer3 and layer4 of a ResNet.
        output_stride: Input pixels per cell of the network's last map; 8 or 16 dilates the last
            stages, if the network supports it (ResNet, ConvNeXt, EfficientNet and others).
            Defaults to None: 16 if the network can be dilated, else its own stride.
        pretrained: Let timm download its ImageNet weights. Defaults to False.
        weights: A local weight file instead, or ``pkg://package/path`` for a file inside an
            installed Python package. Tensors are matched by name, or by position if no name
            fits; shapes are checked. Defaults to None.
        concat: Concatenate the maps along the channels into one; they must have the same
            resolution. Defaults to False.
        img_size: Side or (height, width) of the images in pixels, for transformers with a fixed
            input size. Defaults to None, timm's size.
    Shape:
        - input: normalised image [N, 3, H, W]
        - output: one map [N, channels, h, w] per entry of ``out_indices``, whatever the layout
          inside the network; by default O_v [N, 256, H/16, W/16] and F_v
          [N, 512, H/16, W/16]; a single index gives the tensor itself.

    Raises:
        ConfigError: timm does not have the model, or the model does not support these arguments
            or the size of an image; the message says what it supports.
        ConnectionError: ``pretrained`` weights are not on this machine, and the hub is
            unreachable.
        ValueError: The weight file does not fit the model.

    Source: section 3.1 of the paper (ResNet-18); layer4 keeps layer3's resolution.
    """

    def __init__(
        self,
        name: str = 'resnet18',
        out_indices: Sequence[int] = (-2, -1),
        output_stride: int | None = None,
        pretrained: bool = False,
        weights: str | None = None,
        concat: bool = False,
        img_size: int | Sequence[int] | None = None,
    ) -> None:
        super().__init__()
        self.name = name
        check_timm_name(name)
        self.net = _create(name, tuple(out_indices), output_stride, img_size, pretrained)
        self.concat = concat
        channels = self.net.feature_info.channels()
        strides = self.net.feature_info.reduction()
        if concat and len(set(strides)) > 1:
            raise ConfigError(
                f'concat=True needs maps of the same resolution; those of {name} at '
                f'out_indices={tuple(out_indices)} have strides {_listed(strides)}'
            )
        self.out_channels = sum(channels) if concat else channels
        # as declared by the model: sizes alone cannot tell [N, h, w, C] from [N, C, h, w]
        self._channels_last = getattr(self.net, 'output_fmt', None) == 'NHWC'
        if weights is not None:
            self._load(load_tensors(weights), weights)

    def _load(self, state: dict[str, Tensor], source: str) -> None:
        expected = self.net.state_dict()
        matches: dict[str, str] = {}
        for key in expected:
            match = next((k for k in _names_in_file(key) if k in state), None)
            if match is None:
                load_by_position(self.net, state, source)
                return
            matches[key] = match
        for key, match in matches.items():
            if expected[key].shape != state[match].shape:
                raise ValueError(
                    f'{source}: tensor {match!r} {tuple(state[match].shape)} does not fit '
                    f'{key!r} {tuple(expected[key].shape)}'
                )
        self.net.load_state_dict({key: state[match] for key, match in matches.items()})

    def forward(self, image: Tensor) -> Tensor | tuple[Tensor, ...]:
        """Map images [N, 3, H, W] to their feature maps."""
        try:
            maps = self.net(image)
        except (AssertionError, IndexError, RuntimeError) as error:
            size, only = tuple(image.shape[-2:]), _fixed_size(self.name)
            if size == only or not (only or isinstance(error, AssertionError)):
                raise
            advice = f'; resize them to {only[0]} x {only[1]} px or set img_size' if only else ''
            raise ConfigError(
                f'{self.name} does not support images of {size[0]} x {size[1]} px: '
                f'{str(error).rstrip(".")}{advice}'
            ) from error
        if self._channels_last:
            maps = [features.permute(0, 3, 1, 2) for features in maps]
        if self.concat:
            return torch.cat(maps, dim=1)
        return maps[0] if len(maps) == 1 else tuple(maps)


def _create(
    name: str,
    out_indices: tuple[int, ...],
    output_stride: int | None,
    img_size: int | Sequence[int] | None,
    pretrained: bool,
) -> Any:
    """Build timm's feature extractor with as many of the options as the network supports."""
    options = {} if img_size is None else {'img_size': img_size}
    wishes = {'output_stride': output_stride or 16}
    if _fixed_size(name) is not None:
        wishes['dynamic_img_size'] = True
    for granted in _subsets(wishes):
        try:
            net = create_timm(
                name,
                features_only=True,
                out_indices=out_indices,
                pretrained=pretrained,
                **options,
                **granted,
            )
        except _REFUSALS as error:
            refusal = error
        except RuntimeError as error:  # no feature maps, or no pretrained weights
            raise ConfigError(f'{name}: {error}') from error
        else:
            break
    else:
        _check_indices(name, out_indices, timm.create_model(name, features_only=True))
        given = ', '.join(f'{key}={value}' for key, value in options.items())
        raise ConfigError(f'{name} does not support {given}: {refusal}') from refusal
    _check_indices(name, out_indices, net)
    strides = [stage['reduction'] for stage in net.feature_info.info]
    possible = (None, strides[-1], strides[out_indices[-1]])
    if 'output_stride' not in granted and output_stride not in possible:
        raise ConfigError(
            f'{name} does not support output_stride={output_stride}: its maps have strides '
            f'{_listed(strides)}; leave output_stride out, and choose maps by out_indices'
        )
    return net


def _subsets(wishes: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """All options first, none last: only building a model shows which ones it accepts."""
    for size in range(len(wishes), -1, -1):
        yield from map(dict, itertools.combinations(wishes.items(), size))


def check_timm_name(name: str) -> None:
    """Raise a ConfigError that suggests the closest name if timm has no model of this name."""
    known = timm.list_models(include_tags=True)
    tagless = timm.is_model(name) and '.' not in name
    if not (tagless or name in known or ':' in name):  # as in hf-hub:owner/name
        close = difflib.get_close_matches(name, [*timm.list_models(), *known], n=1, cutoff=0.5)
        hint = f'; did you mean {close[0]!r}?' if close else ''
        raise ConfigError(f'timm has no model {name!r}{hint}')


def _check_indices(name: str, out_indices: tuple[int, ...], net: Any) -> None:
    count = len(net.feature_info.info)
    strides = [stage['reduction'] for stage in net.feature_info.info]
    if not all(-count <= index < count for index in out_indices):
        raise ConfigError(
            f'{name} has no out_indices={out_indices}: they must be from 0 to {count - 1}, or '
            f'from {-count} to -1; the maps have strides {_listed(strides)}'
        )
    order = [index % count for index in out_indices]
    if not order or order != sorted(set(order)):
        raise ConfigError(f'out_indices={out_indices} of {name} must be in ascending order')


def _fixed_size(name: str) -> tuple[int, int] | None:
    """(height, width) of a network's fixed input size; None if any size works."""
    config = None if ':' in name else timm.get_pretrained_cfg(name)
    if config is None or not config.fixed_input_size:
        return None
    height, width = config.input_size[-2:]
    return height, width


def _names_in_file(name: str) -> Iterator[str]:
    """Yield the possible names of a feature extractor's tensor in a classifier's file."""
    yield name
    yield name.removeprefix('model.')
    first, _, rest = name.partition('.')
    for place, letter in enumerate(first):
        if letter == '_':  # timm flattens 'stages.0' to 'stages_0'
            yield f'{first[:place]}.{first[place + 1 :]}.{rest}'


def _listed(values: Sequence[int]) -> str:
    return ', '.join(map(str, values))
