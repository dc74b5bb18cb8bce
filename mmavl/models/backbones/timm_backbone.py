"""Any timm model as a visual backbone."""

from collections.abc import Sequence

import timm
import torch
from torch import Tensor, nn

from mmavl.registry import MODELS
from mmavl.utils.weights import load_by_position, load_tensors


@MODELS.register_module()
class TimmBackbone(nn.Module):
    """Feature maps of a timm model.

    Args:
        name: timm's name, e.g. 'resnet18' or 'resnet18.tv_in1k'. Defaults to 'resnet18'.
        out_indices: Which feature maps, from the coarse end: the last is F_v, the one before
            O_v. Defaults to (3, 4), layer3 and layer4 of a ResNet.
        output_stride: Input pixels per cell of the last map. Defaults to 16.
        pretrained: Let timm download its ImageNet weights. Defaults to False.
        weights: A local weight file instead, or ``pkg://package/path`` for a file inside an
            installed Python package. Matched by name; by position, checked shape by shape, where
            no name fits. Defaults to None.
        concat: Give the maps as one, concatenated along the channels; they must have one
            resolution. Defaults to False.

    Shape:
        - input: normalised image [N, 3, H, W]
        - output: one map for each of ``out_indices``; for the default O_v [N, 256, H/16, W/16]
          and F_v [N, 512, H/16, W/16]; a single index gives the tensor itself.

    Raises:
        ValueError: The weight file does not fit the model.

    Source: section 3.1 of the paper (ResNet-18); layer4 keeps layer3's resolution.
    """

    def __init__(
        self,
        name: str = 'resnet18',
        out_indices: Sequence[int] = (3, 4),
        output_stride: int = 16,
        pretrained: bool = False,
        weights: str | None = None,
        concat: bool = False,
    ) -> None:
        super().__init__()
        self.net = timm.create_model(
            name,
            features_only=True,
            out_indices=tuple(out_indices),
            output_stride=output_stride,
            pretrained=pretrained,
        )
        self.concat = concat
        channels = self.net.feature_info.channels()
        self.out_channels = sum(channels) if concat else channels
        if weights is not None:
            self._load(load_tensors(weights), weights)

    def _load(self, state: dict[str, Tensor], source: str) -> None:
        own = self.net.state_dict()
        if own.keys() <= state.keys():
            self.net.load_state_dict({k: state[k] for k in own})
        else:
            load_by_position(self.net, state, source)

    def forward(self, image: Tensor) -> Tensor | tuple[Tensor, ...]:
        """Map images [N, 3, H, W] to their feature maps."""
        maps = self.net(image)
        if self.concat:
            return torch.cat(maps, dim=1)
        return maps[0] if len(maps) == 1 else tuple(maps)
