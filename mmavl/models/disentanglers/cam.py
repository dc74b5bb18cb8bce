"""Class activation mapping."""

from torch import Tensor, nn

from mmavl.errors import ConfigError
from mmavl.registry import MODELS

from .grad_cam import class_activation


@MODELS.register_module()
class CAMDisentangler(nn.Module):
    """The original class activation map, for heads with global pooling and a final linear layer.

    Unlike Grad-CAM it keeps evidence against the class; to serve as weights in Eq. 5 it is shifted
    to a minimum of zero instead of clipped.

    Raises:
        ConfigError: The head has no ``channel_weights``.

    Source: B. Zhou et al., "Learning deep features for discriminative localization", CVPR 2016.
    """

    def forward(self, features: Tensor, head: nn.Module, clips: Tensor, classes: Tensor) -> Tensor:
        """Disentangle; arguments and result as in :meth:`GradCAMDisentangler.forward`."""
        channel_weights = getattr(head, 'channel_weights', None)
        if channel_weights is None:
            raise ConfigError(
                f'CAM needs a head with global pooling and a final linear layer; '
                f'{type(head).__name__} has no channel_weights: use GradCAMDisentangler'
            )
        maps = class_activation(features, channel_weights(classes), clips)
        return maps - maps.amin((-2, -1), keepdim=True)
